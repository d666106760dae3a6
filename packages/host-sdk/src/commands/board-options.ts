import { BoardName, type CommandInput, type KeysOf } from '@aicluster/protocol'
import { missing, optionalBoards, requireObject, wrongArgument } from '../arguments'
import { toWire } from '../config/wire-names'
import { nameFilter } from './command-contents'

/**
 * A board as `cluster.yaml` describes it, keys in either spelling (`identityFile`, `identity_file`). Paths are those of the
 * manager's machine. The manager checks it, and names key and value of what is wrong.
 */
export interface BoardEntry {
  /** Unique in the cluster. */
  name: string
  /** Default `local`: the manager's machine. */
  driver?: 'local' | 'ssh'
  /** Address or host name. */
  address?: string
  /** Port of its SSH server; default 22. */
  port?: number
  /** User there. */
  user?: string
  /** What selects it together with others. */
  labels?: Readonly<Record<string, string>>
  /** Every further key of `boards` in `cluster.yaml`. */
  [key: string]: unknown
}

/** Which boards `getCoprocessorHandler` gives. */
export interface BoardFilter {
  /** A board, or a label (`gpu=orin`, `label:gpu` for any value); left out, or `all`: every board. */
  coprocessorName?: string
}

/** How `probeBoard` looks at a machine. */
export interface ProbeBoardOptions {
  /** The host key that it may show: log in whatever is known of the host, if it shows this one. */
  fingerprint?: string
}

/** How `addBoard` adds a board. */
export interface AddBoardOptions {
  /** Accept this host key for it. Left out: what is known of the host decides. */
  fingerprint?: string
  /** Also write it into the manager's configuration file. Default true; otherwise the next manager does not know it. */
  write?: boolean
}

/** How `removeBoard` removes a board. */
export interface RemoveBoardOptions {
  /** Also take it out of the manager's configuration file. Default true. */
  write?: boolean
  /** First unload what is registered there, as `unloadInference` does with `force`; images stay. Default false: 303. */
  force?: boolean
}

export const BOARD_FILTER_KEYS: KeysOf<BoardFilter> = { coprocessorName: true }
export const PROBE_BOARD_KEYS: KeysOf<ProbeBoardOptions> = { fingerprint: true }
export const ADD_BOARD_KEYS: KeysOf<AddBoardOptions> = { fingerprint: true, write: true }
export const REMOVE_BOARD_KEYS: KeysOf<RemoveBoardOptions> = { write: true, force: true }

/** @throws InvalidArgumentError (100) no board; (302) an argument of another kind. What is in the entry the cluster checks */
export function probeCommand(board: unknown, options: unknown): CommandInput<'probe_board'> {
  const { fingerprint } = requireObject<ProbeBoardOptions>(options, 'options')
  return { cmd: 'probe_board', board: requireEntry(board), ...optionalText('fingerprint', fingerprint) }
}

/** @throws InvalidArgumentError (302) neither a name nor a label */
export const checkCommand = (boards: unknown): CommandInput<'check_boards'> => ({ cmd: 'check_boards', ...boardFilter(boards) })

/** @throws InvalidArgumentError (302) no inference name; neither a name nor a label of boards */
export function boardsCommand(inferenceName: string | undefined, options: unknown): CommandInput<'get_coprocessor_handler'> {
  const { coprocessorName } = requireObject<BoardFilter>(options, 'options')
  return { cmd: 'get_coprocessor_handler', ...nameFilter(inferenceName), ...boardFilter(coprocessorName) }
}

function boardFilter(boards: unknown): { coprocessor_name?: string } {
  const selected = optionalBoards('coprocessorName', boards)
  return selected === undefined || selected === 'all' ? {} : { coprocessor_name: selected }
}

/** @throws InvalidArgumentError (100) an argument is missing; (302) one of another kind */
export function trustCommand(name: unknown, fingerprint: unknown): CommandInput<'trust_board'> {
  if (typeof fingerprint !== 'string' || fingerprint === '') throw missing('fingerprint')
  return { cmd: 'trust_board', coprocessor_name: requireBoardName(name), fingerprint }
}

/** @throws InvalidArgumentError (100) no board; (302) an argument of another kind. What is in the entry the cluster checks */
export function addBoardCommand(board: unknown, options: unknown): CommandInput<'add_board'> {
  const { fingerprint, write } = requireObject<AddBoardOptions>(options, 'options')
  return { cmd: 'add_board', board: requireEntry(board), ...optionalText('fingerprint', fingerprint), ...optionalFlag('write', write) }
}

/** @throws InvalidArgumentError (100) no name; (302) not one, or an option of another kind */
export function removeBoardCommand(name: unknown, options: unknown): CommandInput<'remove_board'> {
  const { write, force } = requireObject<RemoveBoardOptions>(options, 'options')
  const flags = { ...optionalFlag('write', write), ...optionalFlag('force', force) }
  return { cmd: 'remove_board', coprocessor_name: requireBoardName(name), ...flags }
}

function requireBoardName(name: unknown): string {
  if (name === undefined || name === null || name === '') throw missing('name')
  const { success, data, error } = BoardName.safeParse(name)
  if (!success) throw wrongArgument('name', name, (error.issues[0]?.message ?? '').replace(/^must be /, ''))
  return data
}

function requireEntry(board: unknown): Record<string, unknown> {
  if (board === undefined || board === null) throw missing('board')
  if (typeof board !== 'object' || Array.isArray(board))
    throw wrongArgument('board', board, 'an object as an entry of boards in cluster.yaml')
  return toWire(board) as Record<string, unknown>
}

function optionalText(argument: 'fingerprint', value: unknown): { fingerprint?: string } {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'string') throw wrongArgument(argument, value, 'a text such as SHA256:…')
  return { [argument]: value }
}

function optionalFlag(argument: 'write' | 'force', value: unknown): Partial<Record<typeof argument, boolean>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'boolean') throw wrongArgument(argument, value, 'true or false')
  return { [argument]: value }
}
