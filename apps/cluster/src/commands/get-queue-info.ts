import type { CommandOf, QueuePageView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import type { QueueEntry, QueuePage } from '../data-plane/queue-desk'
import type { CommandCall } from './command-call'
import { queueFilter } from './queue-filter'

/** One page of what waits or is in hand. The data plane is asked in steps, between which it does its other work. */
export async function getQueueInfo(plane: ControlPlane, command: CommandOf<'get_queue_info'>, call: CommandCall): Promise<QueuePageView> {
  const filter = queueFilter(plane, command, call)
  const entries: QueueEntry[] = []
  let next: number | null = command.after ?? 0
  while (next !== null && entries.length < command.limit) {
    call.signal.throwIfAborted()
    const page: QueuePage = await plane.options.dataPlane.call('queueEntries', {
      ...filter,
      from: next,
      limit: command.limit - entries.length,
    })
    entries.push(...page.entries)
    next = page.next
  }
  return { entries: entries.map(viewOf), next }
}

const viewOf = ({ number, name, pid, arrivedAtMs, host, state, suffixName, own, order }: QueueEntry): QueuePageView['entries'][number] => ({
  request_no: number,
  inference_name: name,
  pid,
  mng_queue_in: new Date(arrivedAtMs).toISOString(),
  host,
  state,
  suffix_name: suffixName,
  own,
  order,
})
