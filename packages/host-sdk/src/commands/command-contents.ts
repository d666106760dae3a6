import type { CommandInput, KeysOf } from '@aicluster/protocol'
import { missing, optionalBoards, optionalName, requireInferenceName, requireObject, wrongArgument } from '../arguments'
import { toWire } from '../config/wire-names'
import type { ContainerLogOptions } from '../handlers/container-log'

/** Which containers `unloadInference` removes. Nothing given: **every container on every board**, as in the seed. */
export interface UnloadOptions {
  /** Containers of this inference. Left out: of every one. */
  inferenceName?: string
  /** One board, or those with a label: `gpu=orin`, `label:gpu`. */
  coprocessorName?: string
  /** Also delete the image, unless something else uses it. Default true. */
  deleteImage?: boolean
  /** ms to wait for requests that are queued or in process; left out: 303 at once. Ours. */
  drainMs?: number
  /**
   * Containers on boards that cannot be reached are forgotten, instead of 500: for a board that will not come back. Their requests end
   * with 402, or are redelivered; those that wait for an inference which nobody serves any more end with 400. They may run on there,
   * but are let in no more, and are removed as soon as the board is back in this cluster. Default false. Ours.
   */
  force?: boolean
}

export const UNLOAD_KEYS: KeysOf<UnloadOptions> = {
  inferenceName: true,
  coprocessorName: true,
  deleteImage: true,
  drainMs: true,
  force: true,
}

/** How `shutdown` ends the manager. */
export interface ShutdownOptions {
  /** Also stop the containers. Default true; false leaves them for the next manager to adopt. */
  stopContainers?: boolean
}

export const SHUTDOWN_KEYS: KeysOf<ShutdownOptions> = { stopContainers: true }

/** A filter by inference; nothing for none. @throws InvalidArgumentError (302) not a name */
export const nameFilter = (inferenceName: string | undefined): { inference_name?: string } => {
  const name = optionalName('inferenceName', inferenceName)
  return name === undefined ? {} : { inference_name: name }
}

/** @throws InvalidArgumentError (100) an argument is missing; (302) one of another kind. What is in a config the cluster checks */
export function loadCommand(config: unknown, boards: unknown): CommandInput<'load_inference'> {
  if (config === undefined || config === null) throw missing('containerConfig')
  if (boards === undefined || boards === null || boards === '') throw missing('coprocessorName')
  const list = Array.isArray(config) ? config : [config]
  if (list.length === 0) throw missing('containerConfig')
  if (list.some((item) => typeof item !== 'object' || item === null))
    throw wrongArgument('containerConfig', config, 'a config object or a list of them')
  const names = Array.isArray(boards) ? boards : boards === 'all' ? 'all' : [boards]
  if (names.length === 0) throw missing('coprocessorName')
  if (names !== 'all' && names.some((name: unknown) => typeof name !== 'string'))
    throw wrongArgument('coprocessorName', boards, "a name or a label of boards, a list of them, or 'all'")
  return { cmd: 'load_inference', container_config: list.map(toWire), coprocessor_name: names }
}

/** @throws InvalidArgumentError (302) a filter or an option of another kind */
export function unloadCommand(options: unknown): CommandInput<'unload_inference'> {
  const { inferenceName, coprocessorName, deleteImage, drainMs, force } = requireObject<UnloadOptions>(options, 'options')
  const board = optionalBoards('coprocessorName', coprocessorName)
  if (deleteImage !== undefined && typeof deleteImage !== 'boolean') throw wrongArgument('deleteImage', deleteImage, 'true or false')
  if (drainMs !== undefined && !(Number.isInteger(drainMs) && drainMs >= 0)) throw wrongArgument('drainMs', drainMs, 'a whole number of ms')
  if (force !== undefined && typeof force !== 'boolean') throw wrongArgument('force', force, 'true or false')
  return {
    cmd: 'unload_inference',
    ...nameFilter(inferenceName),
    ...(board === undefined ? {} : { coprocessor_name: board }),
    ...(deleteImage === undefined ? {} : { delete_image: deleteImage }),
    ...(drainMs === undefined ? {} : { drain_ms: drainMs }),
    ...(force === undefined ? {} : { force }),
  }
}

/** @throws InvalidArgumentError (100) no name; (302) not one */
export const reloadCommand = (inferenceName: unknown): CommandInput<'reload_inference'> => ({
  cmd: 'reload_inference',
  inference_name: requireInferenceName(inferenceName),
})

export const LOG_KEYS: KeysOf<ContainerLogOptions> = { lines: true, after: true }

const MAX_LOG_LINES = 10_000

/** @throws InvalidArgumentError (100) no name; (302) an option of another kind */
export function containerLogCommand(suffixName: unknown, options: unknown): CommandInput<'get_container_log'> {
  const name = optionalName('suffixName', suffixName)
  if (name === undefined) throw missing('suffixName')
  const { lines, after } = requireObject<ContainerLogOptions>(options, 'options')
  if (lines !== undefined && !(Number.isInteger(lines) && lines >= 0 && lines <= MAX_LOG_LINES)) {
    throw wrongArgument('lines', lines, `a whole number from 0 to ${MAX_LOG_LINES}`)
  }
  if (after !== undefined && (typeof after !== 'string' || after === '')) throw wrongArgument('after', after, "a log's `next`")
  return {
    cmd: 'get_container_log',
    suffix_name: name,
    ...(lines === undefined ? {} : { lines }),
    ...(after === undefined ? {} : { after }),
  }
}

/** @throws InvalidArgumentError (302) an option of another kind */
export function shutdownCommand(options: unknown): CommandInput<'shutdown'> {
  const { stopContainers = true } = requireObject<ShutdownOptions>(options, 'options')
  if (typeof stopContainers !== 'boolean') throw wrongArgument('stopContainers', stopContainers, 'true or false')
  return { cmd: 'shutdown', stop_containers: stopContainers }
}
