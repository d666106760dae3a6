import type { DispatchRequest } from '../dispatch/dispatch-request'
import type { Dispatcher } from '../dispatch/dispatcher'
import type { InferenceQueue } from '../dispatch/inference-queue'
import type { QueueFilter } from './control-messages'
import type { HostSession } from './host-session'
import type { HostSessions } from './host-sessions'
import { TIME_ORIGIN_MS } from './message-clock'

/** Requests looked at in one step: the others of the data plane's work wait so long, well below a millisecond. */
const EXAMINED_AT_A_TIME = 5_000
/** Readers whose place is remembered; that of one more is looked for from the head of each queue. */
const MAX_BOOKMARKS = 8
/** Owners told of their deleted requests in one turn. */
const TOLD_AT_A_TIME = 250

/** One request as the control plane sees it. */
export interface QueueEntry {
  number: number
  name: string
  host: string
  pid: number
  /** Time of day, in ms since 1970. */
  arrivedAtMs: number
  state: 'queued' | 'sent' | 'started'
  suffixName: string | null
  own: boolean
  /** Place in the order of arrival. */
  order: number
}

/** One step of a walk through the queues. */
export interface QueuePage {
  entries: QueueEntry[]
  /** The place with which the next step begins; null: there is nothing more. A step may find nothing and still go on. */
  next: number | null
}

export interface QueueDeletion {
  deleted: number
  /** Why nothing was deleted: requests of other applications are among them. */
  foreign: { host: string; pid: number; count: number }[]
}

/** What waits or is in hand, seen from outside: read in bounded steps, deleted in one. */
export class QueueDesk {
  /** Taken out of their queues; their owners have still to be told. */
  private readonly takenOut: DispatchRequest[] = []
  /** By the place where a reader will go on: the request in each queue that is next. */
  private readonly bookmarks = new Map<number, Map<InferenceQueue, DispatchRequest>>()
  private telling: NodeJS.Immediate | undefined

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly sessions: HostSessions,
  ) {}

  close(): void {
    clearImmediate(this.telling)
  }

  /** Whether somebody has still to hear that a request of his was deleted. */
  get busy(): boolean {
    return this.takenOut.length > 0
  }

  /**
   * What has arrived, in the order of arrival over all queues, from a place in that order on. A request keeps its place when others leave, when it is handed out, and when it comes back to its queue.
   */
  page({ from, limit, ...filter }: QueueFilter & { from: number; limit: number }): QueuePage {
    if (filter.number !== undefined) return { entries: this.one(filter, from), next: null }
    const lines = [this.inHand(filter, from), ...this.waiting(filter, from)]
    const entries: QueueEntry[] = []
    for (let examined = 0; ; examined++) {
      const line = lineOfOldest(lines)
      if (!line?.head) return { entries, next: null }
      if (entries.length >= limit || examined >= EXAMINED_AT_A_TIME) {
        this.remember(line.head.order, lines)
        return { entries, next: line.head.order }
      }
      const request = line.take()
      if (matches(request, filter)) entries.push(entryOf(request, filter.session))
    }
  }

  /** Waiting requests only. If one of another session is among them and it is not forced, nothing happens. */
  delete({ force, ...filter }: QueueFilter & { force: boolean }): QueueDeletion {
    const selected = this.selectWaiting(filter)
    const foreign = force ? [] : countOwners(selected.filter(({ owner }) => (owner as HostSession).number !== filter.session))
    if (foreign.length > 0) return { deleted: 0, foreign }
    for (const request of selected) {
      this.dispatcher.takeOut(request)
      this.takenOut.push(request)
    }
    this.tell()
    return { deleted: selected.length, foreign }
  }

  private selectWaiting(filter: QueueFilter): DispatchRequest[] {
    if (filter.number !== undefined) {
      const request = this.find(filter.number)
      return request?.state === 'queued' && matches(request, filter) ? [request] : []
    }
    const selected: DispatchRequest[] = []
    for (const queue of this.queuesOf(filter)) for (const request of queue) if (matches(request, filter)) selected.push(request)
    return selected
  }

  /** To tell 100,000 owners at once would hold up everybody else. */
  private readonly tell = (): void => {
    clearImmediate(this.telling)
    for (const request of this.takenOut.splice(0, TOLD_AT_A_TIME)) this.dispatcher.endTakenOut(request)
    this.telling = this.busy ? setImmediate(this.tell) : undefined
  }

  private one(filter: QueueFilter, from: number): QueueEntry[] {
    const request = this.find(filter.number as number)
    const shown = request && request.order >= from && isShown(request) && matches(request, filter)
    return shown ? [entryOf(request, filter.session)] : []
  }

  private find(number: number): DispatchRequest | undefined {
    for (const session of this.sessions.all) {
      const request = session.open.get(number)
      if (request) return request
    }
    return undefined
  }

  private queuesOf({ name }: QueueFilter) {
    const queue = name === undefined ? undefined : this.dispatcher.queues.get(name)
    return name === undefined ? this.dispatcher.queues.values() : queue ? [queue] : []
  }

  private waiting(filter: QueueFilter, from: number): Line[] {
    const bookmark = this.bookmarks.get(from)
    this.bookmarks.delete(from)
    return [...this.queuesOf(filter)].map((queue) => {
      const marked = bookmark?.get(queue)
      // To walk past tens of thousands takes milliseconds.
      let first = marked?.state === 'queued' ? marked : queue.oldest
      while (first && first.order < from) first = first.next
      // Something may have come back before it meanwhile.
      while (first?.previous && first.previous.order >= from) first = first.previous
      return new Line(first, (request) => request.next)
    })
  }

  private remember(place: number, lines: readonly Line[]): void {
    const waiting = lines.flatMap(({ head }) => (head?.state === 'queued' ? [[head.queue, head] as const] : []))
    this.bookmarks.set(place, new Map(waiting))
    for (const oldest of this.bookmarks.keys()) {
      if (this.bookmarks.size <= MAX_BOOKMARKS) return
      this.bookmarks.delete(oldest)
    }
  }

  private inHand(filter: QueueFilter, from: number): Line {
    const held = [...this.dispatcher.containers].flatMap(({ inFlight }) => inFlight.values())
    const shown = held.filter((request) => request.state === 'sent' && request.order >= from && matches(request, filter))
    shown.sort((a, b) => a.order - b.order)
    let at = 0
    return new Line(shown[0], () => shown[++at])
  }
}

/** Requests in the order of their arrival, taken one by one. */
class Line {
  constructor(
    public head: DispatchRequest | undefined,
    private readonly following: (request: DispatchRequest) => DispatchRequest | undefined,
  ) {}

  take(): DispatchRequest {
    const request = this.head as DispatchRequest
    this.head = this.following(request)
    return request
  }
}

function lineOfOldest(lines: readonly Line[]): Line | undefined {
  let oldest: Line | undefined
  for (const line of lines) if (line.head && (!oldest?.head || line.head.order < oldest.head.order)) oldest = line
  return oldest
}

const isShown = ({ state }: DispatchRequest): boolean => state === 'queued' || state === 'sent'

const matches = ({ queue, owner }: DispatchRequest, { name, pid }: QueueFilter): boolean =>
  (name === undefined || queue.settings.name === name) && (pid === undefined || (owner as HostSession).pid === pid)

function entryOf(
  { number, queue, owner, arrivedAtMs, startedAtMs, container, state, order }: DispatchRequest,
  session: number,
): QueueEntry {
  const { host, pid, number: ownerNumber } = owner as HostSession
  return {
    number,
    name: queue.settings.name,
    host,
    pid,
    arrivedAtMs: TIME_ORIGIN_MS + arrivedAtMs,
    state: state === 'queued' ? 'queued' : startedAtMs > 0 ? 'started' : 'sent',
    suffixName: container?.suffixName ?? null,
    own: ownerNumber === session,
    order,
  }
}

function countOwners(requests: readonly DispatchRequest[]): QueueDeletion['foreign'] {
  const counts = new Map<HostSession, number>()
  for (const { owner } of requests) counts.set(owner as HostSession, (counts.get(owner as HostSession) ?? 0) + 1)
  return [...counts].map(([{ host, pid }, count]) => ({ host, pid, count }))
}
