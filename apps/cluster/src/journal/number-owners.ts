import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { MAX_RECONNECT_TIMEOUT_MS } from '@aicluster/protocol'
import { LOCAL_PRINCIPAL } from '../keys/principal'

/** Blocks of ended sessions whose owner is remembered: far more than applications that outlive a manager have. */
const REMEMBERED = 10_000
/** Blocks of earlier managers that are kept, whoever has them, until everybody has had the time to come back. */
const REMEMBERED_EARLIER = 10 * REMEMBERED
/** How long that is, with some time to start, in ms. */
const COME_BACK_MS = MAX_RECONNECT_TIMEOUT_MS + 60_000

export interface NumberOwnersOptions {
  /** First numbers of the blocks that sessions have now: however old they are, their owner is never forgotten. */
  inUse(): Iterable<number>
  now?: () => number
}

/**
 * Who got which block of request numbers, through restarts of the manager: what an application asks for after one must have been its own.
 *
 * One line a block, written before the block is given out; the page cache outlives a manager that is killed. Blocks that are not in the
 * file are of this machine's user, whose programs write nothing.
 */
export class NumberOwners {
  /** Owner by the block's first number, oldest first. */
  private readonly owners = new Map<number, string>()
  /** Blocks that earlier managers have given out. */
  private earlier: ReadonlySet<number> = new Set()
  private readonly now: () => number
  private readonly openedAtMs: number
  /** So many owners are too many. */
  private tooMany = 2 * REMEMBERED

  private constructor(
    private readonly path: string,
    private readonly options: NumberOwnersOptions,
  ) {
    this.now = options.now ?? (() => performance.now())
    this.openedAtMs = this.now()
  }

  /** Read what earlier managers have given out. */
  static open(path: string, options: NumberOwnersOptions): NumberOwners {
    const owners = new NumberOwners(path, options)
    for (const line of readLines(path).slice(-REMEMBERED_EARLIER)) {
      // A line that was cut off by a kill was never given out.
      const match = /^(\d+) (\S+)$/.exec(line)
      if (match) owners.owners.set(Number(match[1]), match[2] as string)
    }
    owners.earlier = new Set(owners.owners.keys())
    owners.tooMany += owners.earlier.size
    return owners
  }

  /** @throws the system's error: then the block must not be given out */
  given(first: number, owner: string): void {
    if (owner === LOCAL_PRINCIPAL.id) return
    appendFileSync(this.path, `${first} ${owner}\n`, { mode: 0o600 })
    this.owners.set(first, owner)
    if (this.owners.size > this.tooMany) this.shorten()
  }

  /** @param blockSize - numbers of one block; blocks begin at its multiples */
  ownerOf(number: number, blockSize: number): string {
    return this.owners.get(number - (number % blockSize)) ?? LOCAL_PRINCIPAL.id
  }

  /** The oldest go, but for those that somebody has, or may come back with. */
  private shorten(): void {
    if (this.now() - this.openedAtMs > COME_BACK_MS) this.earlier = new Set()
    const kept = new Set([...this.options.inUse(), ...this.earlier])
    const others = [...this.owners.keys()].filter((first) => !kept.has(first))
    for (const first of others.slice(0, -REMEMBERED)) this.owners.delete(first)
    this.tooMany = this.owners.size + REMEMBERED
    const temporary = `${this.path}.new`
    writeFileSync(temporary, [...this.owners].map(([first, owner]) => `${first} ${owner}\n`).join(''), { mode: 0o600 })
    renameSync(temporary, this.path)
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
