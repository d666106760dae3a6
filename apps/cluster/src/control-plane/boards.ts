import type { BoardSelector } from '@aicluster/protocol'
import type { Board } from '../boards/board'

/** The boards of the cluster, in the order in which they came. They may be added and removed while the manager runs. */
export class Boards {
  private readonly byName = new Map<string, Board>()
  /** By name: commands that are bringing something there. */
  private readonly holds = new Map<string, number>()

  constructor(boards: Iterable<Board> = []) {
    for (const board of boards) this.add(board)
  }

  get(name: string): Board | undefined {
    return this.byName.get(name)
  }

  has(name: string): boolean {
    return this.byName.has(name)
  }

  all(): Board[] {
    return [...this.byName.values()]
  }

  names(): string[] {
    return [...this.byName.keys()]
  }

  /** Those with this label; with this value, where the selector says one. */
  labelled({ key, value }: BoardSelector): Board[] {
    return this.all().filter(({ labels }) => Object.hasOwn(labels, key) && (value === undefined || labels[key] === value))
  }

  /** Every label that some board has, as selectors write it: `gpu=orin`. */
  labelTexts(): string[] {
    return [...new Set(this.all().flatMap(({ labels }) => Object.entries(labels).map(([key, value]) => `${key}=${value}`)))].sort()
  }

  /** Its name is not that of another one: whoever adds it has looked. */
  add(board: Board): void {
    this.byName.set(board.name, board)
  }

  /** These boards are not to be removed until the returned function is called: something comes there that is not registered yet. */
  hold(names: readonly string[]): () => void {
    for (const name of names) this.holds.set(name, (this.holds.get(name) ?? 0) + 1)
    return () => {
      for (const name of names) {
        const left = (this.holds.get(name) ?? 1) - 1
        if (left > 0) this.holds.set(name, left)
        else this.holds.delete(name)
      }
    }
  }

  isHeld(name: string): boolean {
    return this.holds.has(name)
  }

  /** From now on nobody finds it. Call what is returned to have it in its place again; no board is added or removed meanwhile. */
  hide(name: string): () => void {
    const before = [...this.byName]
    this.byName.delete(name)
    return () => {
      this.byName.clear()
      for (const [each, board] of before) this.byName.set(each, board)
    }
  }

  /** @returns what was removed; nobody has closed it yet */
  remove(name: string): Board | undefined {
    const board = this.byName.get(name)
    this.byName.delete(name)
    return board
  }
}
