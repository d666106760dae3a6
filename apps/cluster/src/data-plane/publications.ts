import { createEnvelope, type Envelope, encodeMsgpack, errorHeader, RecordFlag, RecordKind } from '@aicluster/protocol'
import { DropOldestQueue, nameOf } from '@aicluster/transport'
import type { InferenceQueue } from '../dispatch/inference-queue'
import type { ContainerSession } from './container-session'
import type { Counters } from './counters'
import type { HostSession } from './host-session'
import { TIME_ORIGIN_MS } from './message-clock'
import { Publication } from './publication'
import { noSource, unloaded } from './subscription-errors'

/** Whether a session gets what a source publishes, from now on. */
export type SubscribeVerdict = 'subscribed' | 'not registered' | 'no source'

export interface PublicationsParts {
  epoch: number
  now: () => number
  queues: ReadonlyMap<string, InferenceQueue>
  counters: Counters
  /** Tell an application that a subscription has ended; over its management link, where that stands. */
  tellEnd(session: HostSession, payload: Uint8Array): void
}

/**
 * What sources publish, to every application that has subscribed: at most once, in order, and whoever reads slowly loses the oldest of
 * what waits for it, without slowing anybody else.
 */
export class Publications {
  private readonly subscribers = new Map<string, Set<HostSession>>()
  private readonly out = createEnvelope(RecordKind.publish)

  constructor(private readonly parts: PublicationsParts) {}

  /** Sessions, once for each inference that they have subscribed to. */
  get count(): number {
    let count = 0
    for (const sessions of this.subscribers.values()) count += sessions.size
    return count
  }

  subscribe(session: HostSession, name: string): SubscribeVerdict {
    const settings = this.parts.queues.get(name)?.settings
    if (!settings) return 'not registered'
    if (!settings.source) return 'no source'
    session.published ??= this.queueFor(session)
    const sessions = this.subscribers.get(name)
    if (sessions) sessions.add(session)
    else this.subscribers.set(name, new Set([session]))
    return 'subscribed'
  }

  unsubscribe(session: HostSession, name: string): void {
    const sessions = this.subscribers.get(name)
    if (sessions?.delete(session) && sessions.size === 0) this.subscribers.delete(name)
  }

  /** The session is over. */
  forget(session: HostSession): void {
    for (const name of this.subscribers.keys()) this.unsubscribe(session, name)
    session.published?.clear()
    session.published = undefined
  }

  /** What is registered has changed: nobody waits for what can never come. */
  revise(name: string): void {
    const sessions = this.subscribers.get(name)
    if (!sessions) return
    const settings = this.parts.queues.get(name)?.settings
    if (settings?.source) return
    this.subscribers.delete(name)
    const payload = encodeMsgpack({ ...errorHeader(settings ? noSource(name) : unloaded(name)), cmd: 'subscribe' })
    for (const session of sessions) this.parts.tellEnd(session, payload)
  }

  /** A `publish` record of a container. */
  onPublish(
    container: ContainerSession,
    e: Envelope,
    frame: Uint8Array,
    nameAt: number,
    end: number,
    bodyFrames: Uint8Array[] | undefined,
  ): void {
    const { counters, queues, now } = this.parts
    const name = nameOf(e, frame, nameAt)
    if (!container.connected || !container.serves.has(name) || !queues.get(name)?.settings.source) {
      return counters.add('published_refused_total')
    }
    counters.add('published_received_total')
    const sessions = this.subscribers.get(name)
    if (!sessions) return
    const publication = new Publication(e, frame.subarray(nameAt, end), bodyFrames, TIME_ORIGIN_MS + now())
    for (const session of sessions) {
      if (session.inference) session.published?.add(publication)
      else this.dropped(1)
    }
  }

  private queueFor(session: HostSession): DropOldestQueue<Publication> {
    return new DropOldestQueue<Publication>(
      (publication) => this.send(session, publication),
      (count) => this.dropped(count),
    )
  }

  private send(session: HostSession, publication: Publication): number {
    const { inference } = session
    if (!inference) return 0
    const { out } = this
    out.flags = RecordFlag.stamps
    out.epoch = this.parts.epoch
    out.session = session.number
    out.nameLength = publication.nameLength
    out.headerLength = publication.headerLength
    out.bodyLength = publication.bodyLength
    out.receivedAtMs = out.answeredAtMs = publication.receivedAtMs
    inference.outbox.send(out, publication.tail, undefined, undefined, publication.bodyFrames)
    this.parts.counters.add('published_sent_total')
    return inference.outbox.sequence
  }

  private dropped(count: number): void {
    this.parts.counters.add('published_dropped_total', count)
  }
}
