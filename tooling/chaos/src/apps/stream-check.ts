import { bytesOfPart, type ChaosPart } from '../programs/parts'

/** Whether the parts of one answer come in order, each once, and all of one execution. */
export class StreamCheck {
  private expected = 0
  private run: string | undefined

  /** @param id - of the request */
  constructor(private readonly id: string) {}

  /** How many parts have come. */
  get count(): number {
    return this.expected
  }

  /** What is wrong with the next part; undefined: nothing. */
  wrongPart(part: unknown): string | undefined {
    const { id, n, run, bytes } = part as ChaosPart
    if (id !== this.id) return `a part of ${id}`
    if (n !== this.expected) return `part ${n} in the place of part ${this.expected}`
    this.run ??= run
    if (run !== this.run) return `part ${n} is of another execution than the ones before`
    if (!(bytes instanceof Uint8Array) || Buffer.compare(bytes, bytesOfPart(n)) !== 0) return `part ${n} has other bytes`
    this.expected++
    return undefined
  }
}
