import { Command, type CommandName, type CommandOf, clusterError, decodeMsgpack, invalidInput } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { addBoard } from './add-board'
import { addInference } from './add-inference'
import { auditSummary } from './audit-summary'
import { checkBoards } from './check-boards'
import type { CommandCall } from './command-call'
import { deleteQueue } from './delete-queue'
import { startDistribution, stopDistribution } from './distribution'
import { getContainerHandler } from './get-container-handler'
import { getContainerLog } from './get-container-log'
import { getContainerStatus } from './get-container-status'
import { getCoprocessorHandler } from './get-coprocessor-handler'
import { getCoprocessorImages } from './get-coprocessor-images'
import { getImages } from './get-images'
import { getMetrics } from './get-metrics'
import { getMissing } from './get-missing'
import { getQueueInfo } from './get-queue-info'
import { loadInference } from './load-inference'
import { offerFiles } from './offer-files'
import { probeBoard } from './probe-board'
import { putChunk } from './put-chunk'
import { putFile } from './put-file'
import { reloadInference } from './reload-inference'
import { removeBoard } from './remove-board'
import { requireRight } from './rights'
import { shutdown } from './shutdown'
import { start } from './start'
import { stop } from './stop'
import { subscribe, unsubscribe } from './subscription'
import { trustBoard } from './trust-board'
import { unloadInference } from './unload-inference'

/** Carries out one command; what it returns is the reply. */
export type CommandHandler<Name extends CommandName> = (
  plane: ControlPlane,
  command: CommandOf<Name>,
  call: CommandCall,
) => Promise<unknown>

const HANDLERS: { [Name in CommandName]: CommandHandler<Name> } = {
  load_inference: loadInference,
  unload_inference: unloadInference,
  reload_inference: reloadInference,
  add_inference: addInference,
  put_file: putFile,
  offer_files: offerFiles,
  get_missing: getMissing,
  put_chunk: putChunk,
  get_container_handler: getContainerHandler,
  get_container_status: getContainerStatus,
  get_container_log: getContainerLog,
  get_coprocessor_handler: getCoprocessorHandler,
  get_coprocessor_images: getCoprocessorImages,
  get_images: getImages,
  start,
  stop,
  start_distribution: startDistribution,
  stop_distribution: stopDistribution,
  get_queue_info: getQueueInfo,
  delete_queue: deleteQueue,
  subscribe,
  unsubscribe,
  probe_board: probeBoard,
  check_boards: checkBoards,
  trust_board: trustBoard,
  add_board: addBoard,
  remove_board: removeBoard,
  get_metrics: getMetrics,
  shutdown,
}

/** Commands that change something: they go to the audit log. */
const CHANGING = new Set<CommandName>([
  'load_inference',
  'unload_inference',
  'reload_inference',
  'add_inference',
  'put_file',
  'start',
  'stop',
  'start_distribution',
  'stop_distribution',
  'delete_queue',
  'trust_board',
  'add_board',
  'remove_board',
  'shutdown',
])

/**
 * Validate a command that came over the wire and carry it out.
 * @throws InvalidArgumentError (200) not a command; (201, 302) a field is missing or wrong
 * @throws PermissionError (315) the application's key does not have the right to it
 * @throws NotImplementedError (900) nobody knows a command of this name, or the operator has switched it off
 */
export async function runCommand(plane: ControlPlane, bytes: Uint8Array, call: CommandCall): Promise<unknown> {
  const command = parseCommand(bytes, plane.options.config.disabled_commands)
  const { log } = plane.options
  const audited = CHANGING.has(command.cmd)
  const startedAt = performance.now()
  const outcome = (fields: object) =>
    audited &&
    log.info(
      { audit: command.cmd, from: call.from, key: call.principal.name, tookMs: Math.round(performance.now() - startedAt), ...fields },
      'command',
    )
  try {
    requireRight(command, call.principal)
    const handler = HANDLERS[command.cmd] as CommandHandler<CommandName>
    const result = await handler(plane, command, call)
    outcome({ what: auditSummary(command), code: 0 })
    return result
  } catch (error) {
    outcome({ what: auditSummary(command), code: (error as { code?: number }).code ?? 999 })
    throw error
  }
}

function parseCommand(bytes: Uint8Array, disabled: readonly string[]): Command {
  let value: unknown
  try {
    value = decodeMsgpack(bytes)
  } catch (cause) {
    throw clusterError('notJson', { detail: 'the command is not one msgpack value', cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw clusterError('notJson', { detail: 'a command is a map' })
  const { cmd } = value as { cmd?: unknown }
  if (cmd === undefined) throw clusterError('requiredKeyMissing', { detail: 'command: cmd is missing', details: { field: 'cmd' } })
  if (typeof cmd !== 'string' || !Object.hasOwn(HANDLERS, cmd)) {
    throw clusterError('notImplemented', { detail: `no command is called ${JSON.stringify(cmd)}`, details: { cmd } })
  }
  if (disabled.includes(cmd)) {
    throw clusterError('notImplemented', { detail: `${cmd} is switched off here (disabled_commands in cluster.yaml)`, details: { cmd } })
  }
  const parsed = Command.safeParse(value)
  if (!parsed.success) throw invalidInput(`command ${cmd}`, value, parsed.error)
  return parsed.data
}
