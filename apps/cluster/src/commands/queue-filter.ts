import type { CommandOf } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import type { QueueFilter } from '../data-plane/control-messages'
import type { CommandCall } from './command-call'
import { selectRecords } from './select'

type QueueCommand = CommandOf<'get_queue_info'> | CommandOf<'delete_queue'>

/**
 * What a command about the queues selects: everything that is given restricts.
 * @throws InferenceNameNotFoundError (300) nothing is registered under the name
 */
export function queueFilter(
  plane: ControlPlane,
  { inference_name: name, request_no: number, pid }: QueueCommand,
  call: CommandCall,
): QueueFilter {
  selectRecords(plane, name)
  return { session: call.session, name: name || undefined, number, pid }
}
