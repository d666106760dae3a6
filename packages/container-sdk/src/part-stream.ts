import { type AIClusterError, STREAM_WINDOW_BYTES, STREAM_WINDOW_PARTS } from '@aicluster/protocol'
import type { EncodedAnswer } from './encode-answer'

interface WaitingPart {
  part: EncodedAnswer
  resolve(): void
  reject(error: AIClusterError): void
}

/**
 * The parts of one answer: those that are sent are kept until their reader has taken them, so that they can be sent again; at most
 * 16 of them, and no further one once they have 1 MB: the next ones wait.
 */
export class PartStream {
  /** Parts that the reader has taken: the number of the first that is kept. */
  private taken = 0
  private readonly kept: EncodedAnswer[] = []
  private keptBytes = 0
  private readonly waiting: WaitingPart[] = []
  private onEmpty: (() => void) | undefined
  private ended: AIClusterError | undefined

  /** @param send - sends a part of this number, while a connection stands */
  constructor(private readonly send: (number: number, part: EncodedAnswer) => void) {}

  /** Parts that were sent, in all. */
  get sent(): number {
    return this.taken + this.kept.length
  }

  /** Bytes of the parts that are kept. */
  get bytes(): number {
    return this.keptBytes
  }

  /** Its answer has been given, and waits for the parts before it. */
  get isEnding(): boolean {
    return this.onEmpty !== undefined
  }

  /** Send a part as soon as the window has room for it; resolves then. */
  add(part: EncodedAnswer): Promise<void> {
    if (this.ended) return Promise.reject(this.ended)
    if (this.waiting.length === 0 && this.isOpen) {
      this.pass(part)
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => this.waiting.push({ part, resolve, reject }))
  }

  /** The reader has taken so many parts in all. */
  take(parts: number): void {
    const count = Math.min(parts - this.taken, this.kept.length)
    if (count <= 0) return
    for (const part of this.kept.splice(0, count)) this.keptBytes -= bytesOf(part)
    this.taken += count
    for (let next = this.isOpen ? this.waiting.shift() : undefined; next; next = this.isOpen ? this.waiting.shift() : undefined) {
      this.pass(next.part)
      next.resolve()
    }
    this.look()
  }

  /** Send those again that are kept, from this number on. */
  resend(from: number): void {
    for (const [index, part] of this.kept.entries()) if (this.taken + index >= from) this.send(this.taken + index, part)
  }

  /** Called once no part waits any more: at once, or later. */
  whenAllSent(action: () => void): void {
    this.onEmpty = action
    this.look()
  }

  /** Nobody will take a part any more: those that wait are refused. */
  end(error: AIClusterError): void {
    this.ended = error
    for (const { reject } of this.waiting.splice(0)) reject(error)
    this.look()
  }

  private get isOpen(): boolean {
    return this.kept.length < STREAM_WINDOW_PARTS && this.keptBytes < STREAM_WINDOW_BYTES
  }

  private pass(part: EncodedAnswer): void {
    this.kept.push(part)
    this.keptBytes += bytesOf(part)
    this.send(this.sent - 1, part)
  }

  private look(): void {
    const { onEmpty } = this
    if (!onEmpty || this.waiting.length > 0) return
    this.onEmpty = undefined
    onEmpty()
  }
}

const bytesOf = ({ header, body }: EncodedAnswer): number => header.length + (body?.length ?? 0)
