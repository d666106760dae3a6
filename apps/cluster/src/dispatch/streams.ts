import type { ContainerSlot } from './container-slot'
import type { DispatchRequest } from './dispatch-request'
import type { RequestDeadlines } from './request-deadlines'

/**
 * Requests whose containers answer in parts. The response timeout counts from the last part, or from when the reader made room again,
 * and pauses while the container has to wait for the reader.
 */
export class Streams {
  constructor(
    private readonly now: () => number,
    private readonly deadlines: RequestDeadlines,
  ) {}

  /** The request that this container may send this part of; undefined: the part is dropped, nothing changes. */
  admit(container: ContainerSlot, number: number, part: number): DispatchRequest | undefined {
    const request = container.inFlight.get(number)
    return request?.state === 'sent' && request.stream?.admits(part) ? request : undefined
  }

  /** A part that was admitted is passed on. From now on the request is never run again. */
  pass(request: DispatchRequest, bytes: number): void {
    request.stream?.pass(bytes)
    request.dropData()
    this.goesOn(request)
  }

  /** A part that was admitted cannot be passed on: its reader is away, or does not read. The container waits for it. */
  skip(request: DispatchRequest): void {
    if (!request.stream) return
    request.stream.skipped = true
    this.goesOn(request)
  }

  /** The reader has taken so many parts in all. */
  take(request: DispatchRequest, parts: number): void {
    const { stream } = request
    if (!stream) return
    const wasOpen = stream.isOpen
    stream.take(parts)
    if (!wasOpen) this.goesOn(request)
  }

  /** The reader misses this part and all behind it. */
  rewind(request: DispatchRequest, part: number): void {
    if (!request.stream) return
    request.stream.rewind(part)
    this.goesOn(request)
  }

  private goesOn(request: DispatchRequest): void {
    if (request.state !== 'sent' || !request.stream) return
    request.stream.activeAtMs = this.now()
    this.deadlines.disarm(request)
    this.deadlines.armResponse(request)
  }
}
