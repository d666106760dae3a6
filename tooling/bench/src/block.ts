/** A block: a closed loop that keeps `depth` requests under way for `ms`. */
export interface BlockOrder {
  type: 'block'
  bytes: number
  depth: number
  ms: number
}

/** What the process that sends saw of a block. */
export interface BlockResult {
  requests: number
  /** From the first request to the last answer. */
  elapsedMs: number
  p50Us: number
  p99Us: number
  /** CPU time of the sending process. */
  cpuUs: number
}

/** Times requests of one block. Everything that costs time is done after the last answer. */
export class BlockRecorder {
  readonly startedMs = performance.now()
  /** Nothing is sent after this. */
  readonly endMs: number
  private readonly latenciesMs: number[] = []
  private readonly cpuAtStart = process.cpuUsage()

  constructor(ms: number) {
    this.endMs = this.startedMs + ms
  }

  /** An answer came. */
  add(latencyMs: number): void {
    this.latenciesMs.push(latencyMs)
  }

  /** The last answer came. */
  finish(): BlockResult {
    const elapsedMs = performance.now() - this.startedMs
    const { user, system } = process.cpuUsage(this.cpuAtStart)
    const sorted = Float64Array.from(this.latenciesMs).sort()
    const atUs = (share: number) => 1000 * (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
    return { requests: sorted.length, elapsedMs, p50Us: atUs(0.5), p99Us: atUs(0.99), cpuUs: user + system }
  }
}

/** One body for each request under way, with the number of its slot in front: nobody writes to it while it travels. */
export function bodiesFor({ bytes, depth }: BlockOrder): Buffer[] {
  return Array.from({ length: depth }, (_, slot) => {
    // Not from the shared pool: a large body is sent by reference.
    const body = Buffer.alloc(bytes, slot + 1)
    body.writeUInt32BE(slot)
    return body
  })
}

/** @throws Error when what came back for a slot is not what was sent; `whole` looks at every byte */
export function checkEcho(sent: Uint8Array | undefined, received: unknown, whole: boolean): void {
  const same =
    sent !== undefined &&
    received instanceof Uint8Array &&
    received.length === sent.length &&
    (!whole || Buffer.compare(sent, received) === 0)
  if (!same) throw new Error('an answer is not what was sent: the figures would mean nothing')
}
