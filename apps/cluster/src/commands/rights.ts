import { type Command, type CommandName, clusterError } from '@aicluster/protocol'
import type { SessionPrincipal } from '../keys/principal'

/** Looking, and hearing what sources publish: everybody may. Containers' output is not among it: it may hold other applications' data. */
const FOR_EVERYBODY = new Set<CommandName>([
  'get_container_handler',
  'get_container_status',
  'get_coprocessor_handler',
  'get_coprocessor_images',
  'get_images',
  'get_queue_info',
  'get_metrics',
  'subscribe',
  'unsubscribe',
])

/**
 * Whether this application may send this command. Its own waiting requests everybody may take back.
 * @throws PermissionError (315) naming key and command
 */
export function requireRight(command: Command, { name, may }: SessionPrincipal): void {
  if (may === 'manage' || FOR_EVERYBODY.has(command.cmd)) return
  if (command.cmd === 'delete_queue' && !command.force_delete) return
  const what = command.cmd === 'delete_queue' ? 'delete_queue with force_delete' : command.cmd
  throw clusterError('notPermitted', {
    detail: `the key ${JSON.stringify(name)} may ${may}, and ${what} needs manage (aicluster keys add NAME --may manage)`,
    details: { principal: name, may, needs: 'manage', cmd: command.cmd },
  })
}
