import { clusterError, type EncodedResult, encodeMsgpack, encodeResult, type KeysOf, type ResultHeader } from '@aicluster/protocol'
import { DropOldestQueue, type Droppable } from '@aicluster/transport'

/** One thing to publish, as it travels. */
export interface EncodedPublication extends Droppable {
  /** The subscription that publishes. */
  name: string
  header: Uint8Array
  body: Uint8Array | undefined
}

/** How {@link Connector.publish} sends. */
export interface PublishOptions {
  /** The subscription that publishes: one of the names that the container serves. Default: its own. */
  name?: string
  /** false: binary parts are not copied; never touch their memory again. Default true, for nothing tells when they have left. */
  copy?: boolean
}

export const PUBLISH_KEYS: KeysOf<PublishOptions> = { name: true, copy: true }

/** What the publisher sends through. */
export interface PublishWire {
  /** Send it; returns the link sequence that it left with. */
  sendPublication(publication: EncodedPublication): number
  /** @returns why the manager would drop it, or undefined */
  refusesSize(headerLength: number, bodyLength: number): string | undefined
}

/** Sends what a source publishes while a connection stands, and drops the rest: at most once, and nobody waits. */
export class Publisher {
  private readonly queue: DropOldestQueue<EncodedPublication>
  private connected = false
  private droppedCount = 0

  constructor(
    private readonly names: readonly string[],
    private readonly wire: PublishWire,
  ) {
    this.queue = new DropOldestQueue(
      (publication) => wire.sendPublication(publication),
      (count) => {
        this.droppedCount += count
      },
    )
  }

  /** What was published and never left. */
  get dropped(): number {
    return this.droppedCount
  }

  /**
   * @returns whether a connection stands: without one it is dropped
   * @throws InvalidArgumentError (302): it cannot travel, is too large, or the container does not serve this name
   */
  publish(result: unknown, metadata: unknown, { name, copy = true }: PublishOptions): boolean {
    const publication = encodePublication(result, metadata, this.requireName(name), copy)
    const { header, body } = publication
    const tooLarge = this.wire.refusesSize(header.length, body?.length ?? 0)
    if (tooLarge) throw clusterError('invalidParameter', { detail: `result: ${tooLarge}` })
    if (this.connected) this.queue.add(publication)
    else this.droppedCount++
    return this.connected
  }

  up(): void {
    this.connected = true
  }

  down(): void {
    this.connected = false
    this.queue.clear()
  }

  /** The manager has every record up to this link sequence. */
  acknowledged(sequence: number): void {
    this.queue.acknowledged(sequence)
  }

  private requireName(name: string | undefined): string {
    if (name === undefined || name === '') return this.names[0] as string
    if (this.names.includes(name)) return name
    const detail = `name is ${JSON.stringify(name)}, it must be one that this container serves: ${this.names.join(', ')}`
    throw clusterError('invalidParameter', { detail, details: { argument: 'name', value: name } })
  }
}

function encodePublication(result: unknown, metadata: unknown, name: string, copy: boolean): EncodedPublication {
  const content: ResultHeader = { result: null, received_at: 0, sent_at: performance.timeOrigin + performance.now() }
  let encoded: EncodedResult
  let header: Uint8Array
  try {
    encoded = encodeResult(result)
    content.result = encoded.result
    if (encoded.attachments.length > 0) content.attachments = encoded.attachments
    if (metadata !== undefined) content.metadata = requireObject(metadata)
    header = encodeMsgpack(content)
  } catch (cause) {
    throw clusterError('invalidParameter', { detail: `publish: ${(cause as Error).message}`, cause })
  }
  const { body, attachments } = encoded
  // Several parts were joined in memory of their own already.
  const kept = body && copy && attachments.length === 1 ? Buffer.from(body) : body
  return { name, header, body: kept, bytes: header.length + (kept?.length ?? 0) }
}

function requireObject(metadata: unknown): Record<string, unknown> {
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) return metadata as Record<string, unknown>
  throw new TypeError('metadata must be an object')
}
