import { type CommandInput, clusterError, MAX_QUEUE_PAGE, type QueueInfoView, type QueuePageView } from '@aicluster/protocol'
import { requireObject, wrongArgument } from '../arguments'
import type { CallOptions } from '../call-options'
import { QueueInfo } from '../handlers/queue-info'
import type { CommandCaller } from './command-caller'
import { optionalNumber, type QueueInfoOptions, queueFilter } from './queue-options'
import { listOf, recordOf } from './replies'

type PageCommand = CommandInput<'get_queue_info'>

/** One walk through the queues, page after page: which command comes next, and what its reply has brought. */
export class QueueReading {
  private readonly filter: Omit<PageCommand, 'cmd' | 'limit' | 'after'>
  private left: number
  private from: number | undefined
  /** The request behind which to go on, until its place is known. */
  private sought: number | undefined
  private done = false

  /** @throws InvalidArgumentError (302) an option of another kind */
  constructor(options: unknown) {
    const given = requireObject<QueueInfoOptions>(options, 'options')
    const { limit, after } = given
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw wrongArgument('limit', limit, 'a whole number of 1 or more')
    this.filter = queueFilter(given)
    this.left = limit ?? Number.POSITIVE_INFINITY
    if (after instanceof QueueInfo) this.from = after.order
    else this.sought = optionalNumber('after', after)
  }

  /** What to send next; undefined: everything is read. */
  get command(): PageCommand | undefined {
    if (this.sought !== undefined) return { cmd: 'get_queue_info', request_no: this.sought, limit: 1 }
    if (this.done) return undefined
    const limit = Math.min(this.left, MAX_QUEUE_PAGE)
    return { cmd: 'get_queue_info', ...this.filter, limit, ...(this.from === undefined ? {} : { after: this.from }) }
  }

  /** Takes the reply to {@link QueueReading.command}. @throws InvalidArgumentError (302) `after` is not open any more */
  take(reply: unknown): QueueInfo[] {
    const page = recordOf<QueuePageView>(reply)
    const entries = listOf(page.entries, (view: QueueInfoView) => QueueInfo.from(view))
    if (this.sought !== undefined) return this.found(entries[0])
    this.left -= entries.length
    // A place that does not move would be read for ever.
    if (page.next !== null && page.next === this.from)
      throw clusterError('internal', { detail: 'the cluster repeats a page of its queues' })
    this.from = page.next ?? this.from
    this.done = page.next === null || this.left <= 0
    return entries
  }

  private found(entry: QueueInfo | undefined): [] {
    if (!entry) {
      const detail = `after is ${this.sought}, which is not in the queues any more; give the entry itself, as getQueueInfo has returned it`
      throw clusterError('invalidParameter', { detail, details: { argument: 'after', value: this.sought }, command: 'get_queue_info' })
    }
    this.sought = undefined
    this.from = entry.order
    return []
  }
}

/** Page after page. @param time - gives each command what is left of the call's */
export async function* readPages(caller: CommandCaller, reading: QueueReading, time: () => CallOptions): AsyncGenerator<QueueInfo[]> {
  for (let command = reading.command; command; command = reading.command) yield reading.take(await caller.call(command, time()))
}

/** Everything that remains to be read. */
export async function readToEnd(caller: CommandCaller, reading: QueueReading, time: () => CallOptions): Promise<QueueInfo[]> {
  const all: QueueInfo[] = []
  for await (const entries of readPages(caller, reading, time)) all.push(...entries)
  return all
}
