import { type Command, type CommandName, clusterError } from '@aicluster/protocol'
import { LOCAL_PRINCIPAL, type SessionPrincipal } from '../keys/principal'

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
 * What takes a board as `cluster.yaml` has it, or decides whom boards are believed to be. Keys of its own would be worth more than the right
 * to manage: the entry names secrets of the manager's user, and says what may run where.
 */
const FOR_THE_OPERATOR = new Set<CommandName>(['probe_board', 'add_board', 'trust_board'])

/**
 * Whether this application may send this command. Its own waiting requests everybody may take back.
 * @throws PermissionError (315) naming key and command
 */
export function requireRight(command: Command, { id, name, may }: SessionPrincipal): void {
  if (FOR_THE_OPERATOR.has(command.cmd) && id !== LOCAL_PRINCIPAL.id) {
    throw clusterError('notPermitted', {
      detail: `${command.cmd} is for the user who runs the manager, not for the key ${JSON.stringify(name)}: say it where the manager runs, or write the board into cluster.yaml`,
      details: { principal: name, may, cmd: command.cmd },
    })
  }
  if (may === 'manage' || FOR_EVERYBODY.has(command.cmd)) return
  if (command.cmd === 'delete_queue' && !command.force_delete) return
  const what = command.cmd === 'delete_queue' ? 'delete_queue with force_delete' : command.cmd
  throw clusterError('notPermitted', {
    detail: `the key ${JSON.stringify(name)} may ${may}, and ${what} needs manage (aicluster keys add NAME --may manage)`,
    details: { principal: name, may, needs: 'manage', cmd: command.cmd },
  })
}
