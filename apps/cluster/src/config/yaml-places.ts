import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type LineCounter, type Node, type Pair, visit, type YAMLError } from 'yaml'

/** Where something stands in a file, both counted from 1. */
export interface Place {
  line: number
  column: number
}

/** Where the keys and values of a parsed file stand. */
export class YamlPlaces {
  constructor(
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  /** Of a value, or of its key; of what it would be in when it is not there. */
  of(path: readonly PropertyKey[], atKey: boolean): Place {
    let here = this.document.contents as unknown
    let start = startOf(here) ?? 0
    for (const [depth, key] of path.entries()) {
      const pair = this.pairAt(here, key)
      const last = depth === path.length - 1
      const next = pair ? pair.value : this.itemAt(here, key)
      const found = pair && last && atKey ? startOf(pair.key) : (startOf(next) ?? startOf(pair?.key))
      if (found === undefined) break
      start = found
      here = next
    }
    return this.at(start)
  }

  /** The same, in words, with the key for one that stands twice. */
  ofError(error: YAMLError): Place & { key: string; text: string } {
    const place = this.at(error.pos[0])
    if (error.code !== 'DUPLICATE_KEY') return { ...place, key: '', text: `not valid YAML: ${error.message}` }
    const twins = this.twinsOf(error.pos[0])
    const key = keyText(twins.at(-1))
    const first = twins[0] ? this.at(startOf(twins[0].key) ?? 0) : place
    return { ...place, key, text: `${key} stands here for the second time, first in line ${first.line}: remove one of the two` }
  }

  private at(offset: number): Place {
    const { line, col } = this.lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  private pairAt(node: unknown, key: PropertyKey): Pair | undefined {
    const map = this.resolved(node)
    return isMap(map) ? map.items.find((pair) => keyText(pair) === String(key)) : undefined
  }

  private itemAt(node: unknown, key: PropertyKey): unknown {
    const list = this.resolved(node)
    return isSeq(list) ? list.items[Number(key)] : undefined
  }

  private resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node
  }

  /** The keys of one name in one map, of which the last begins at `offset`. */
  private twinsOf(offset: number): Pair[] {
    let twins: Pair[] = []
    visit(this.document, {
      Map: (_, map) => {
        const last = map.items.findIndex((pair) => isPair(pair) && startOf(pair.key) === offset)
        if (last < 0) return undefined
        const name = keyText(map.items[last])
        twins = map.items.slice(0, last + 1).filter((pair) => keyText(pair) === name)
        return visit.BREAK
      },
    })
    return twins
  }
}

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]
const keyText = (pair: Pair | undefined): string => String(isScalar(pair?.key) ? pair.key.value : pair?.key)
