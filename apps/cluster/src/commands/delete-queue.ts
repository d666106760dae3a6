import { type CommandOf, clusterError, type QueueDeletionView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import type { CommandCall } from './command-call'
import { queueFilter } from './queue-filter'

const MAX_OWNERS_NAMED = 8

/** Take waiting requests out of their queues: all that are selected, or, where that is not allowed, none. */
export async function deleteQueue(plane: ControlPlane, command: CommandOf<'delete_queue'>, call: CommandCall): Promise<QueueDeletionView> {
  const filter = queueFilter(plane, command, call)
  const { deleted, foreign } = await plane.options.dataPlane.call('deleteQueued', { ...filter, force: command.force_delete })
  if (foreign.length === 0) return { deleted }
  const total = foreign.reduce((sum, { count }) => sum + count, 0)
  const owners = foreign.slice(0, MAX_OWNERS_NAMED).map(({ host, pid, count }) => `process ${pid} on ${host}: ${count}`)
  const more = foreign.length > MAX_OWNERS_NAMED ? `, and ${foreign.length - MAX_OWNERS_NAMED} more` : ''
  throw clusterError('permission', {
    detail: `${total} of the selected requests belong to other applications (${owners.join(', ')}${more}); nothing was deleted. Set force_delete to delete them too`,
    details: { foreign: total, owners: foreign.slice(0, MAX_OWNERS_NAMED) },
  })
}
