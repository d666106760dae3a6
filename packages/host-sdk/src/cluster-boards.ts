import type { CoprocessorView, RemoveBoardView } from '@aicluster/protocol'
import type { CallOptions } from './call-options'
import { ClusterCommands } from './cluster-commands'
import {
  ADD_BOARD_KEYS,
  type AddBoardOptions,
  addBoardCommand,
  type BoardEntry,
  checkCommand,
  PROBE_BOARD_KEYS,
  type ProbeBoardOptions,
  probeCommand,
  REMOVE_BOARD_KEYS,
  type RemoveBoardOptions,
  removeBoardCommand,
  trustCommand,
} from './commands/board-options'
import { listOf, recordOf } from './commands/replies'
import { type BoardProbe, probeOf, type TrustedKey, trustOf } from './handlers/board-probe'
import { CoprocessorHandler } from './handlers/coprocessor-handler'
import { forgottenOf, type RemovedBoard } from './handlers/remaining-containers'

/** What changes which boards a cluster has. All of it is ours. For errors see {@link AICluster}. */
export abstract class ClusterBoards extends ClusterCommands {
  /**
   * Look at a machine that may become a board: host key, Docker Engine, runtimes, GPUs, architecture, disk, memory. Changes nothing.
   *
   * The cluster logs in also where the host key is unknown, but not with a password, and not where another key is known: then `facts`
   * is null. What is wrong with the machine is in `problems`; the call does not reject for it. Ours.
   *
   * @param board - how it is reached, as in `cluster.yaml`; paths are those of the manager's machine
   * @throws InvalidArgumentError (100): no board; (201): a key is missing; (302): a wrong one, naming key and value
   * @throws PermissionError (315): this application came with a key; only the user who runs the manager may
   * @throws ConnectionFailedError (111): no connection to the cluster
   * @example
   * const { hostKey, facts, problems } = await cluster.probeBoard({ name: 'jetson', driver: 'ssh', address: '10.0.0.12', user: 'me', agent: true })
   */
  async probeBoard(board: BoardEntry, options: ProbeBoardOptions & CallOptions = {}): Promise<BoardProbe> {
    return probeOf(await this.commands.call(probeCommand(board, options), options, PROBE_BOARD_KEYS))
  }

  /**
   * Look at boards of the cluster, as {@link AICluster.probeBoard} does, over connections of their own. Changes nothing, but those that are
   * down are tried again at once. Ours.
   *
   * @param coprocessorName - a board, or a label; left out: every board
   * @returns what each has shown
   * @throws InvalidArgumentError (302): neither a name nor a label
   * @throws CoprocessorNotFoundError (304): no board has this name or label
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  async checkBoards(coprocessorName?: string, options: CallOptions = {}): Promise<BoardProbe[]> {
    return listOf(await this.commands.call(checkCommand(coprocessorName), options), probeOf)
  }

  /**
   * Accept the host key that a board shows, in the place of all that was known of it: after it was installed anew. Ours.
   *
   * @param name - a board
   * @param fingerprint - the key that is meant: `SHA256:…`
   * @returns the key, and those that it replaces
   * @throws InvalidArgumentError (100): an argument is missing; (302): no fingerprint, a board without a host key, or one whose
   *   fingerprint stands in `cluster.yaml`
   * @throws CoprocessorNotFoundError (304): no board has this name
   * @throws SshConnectionError (500): the board cannot be reached, or shows another key
   * @throws PermissionError (315): this application came with a key; only the user who runs the manager may
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  async trustBoard(name: string, fingerprint: string, options: CallOptions = {}): Promise<TrustedKey> {
    return trustOf(await this.commands.call(trustCommand(name, fingerprint), options))
  }

  /**
   * Add a board while the cluster runs. It is connected to from now on; inferences come to it by `loadInference` and `addInference`,
   * none by itself. Ours.
   *
   * @param board - as in `cluster.yaml`; paths are those of the manager's machine
   * @returns its handler; it may not be up yet
   * @throws InvalidArgumentError (100): no board; (201): a key is missing; (302): a wrong one, a name or machine that is a board
   *   already, or a configuration file that cannot be written: then nothing has changed
   * @throws SshConnectionError (500): with `fingerprint`: the board cannot be reached, or shows another key
   * @throws PermissionError (315): this application came with a key; only the user who runs the manager may
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  async addBoard(board: BoardEntry, options: AddBoardOptions & CallOptions = {}): Promise<CoprocessorHandler> {
    const view = recordOf<CoprocessorView>(await this.commands.call(addBoardCommand(board, options), options, ADD_BOARD_KEYS))
    return CoprocessorHandler.from(view, this.commands)
  }

  /**
   * Remove a board on which nothing is registered any more. The machine is left as it is. Ours.
   *
   * @param name - a board
   * @returns `forgotten`: containers that could not be stopped and may still run there (`force`)
   * @throws InvalidArgumentError (100): no name; (302): it is the last board, or the configuration file cannot be written (what
   *   `force` unloads is unloaded by then)
   * @throws InvalidOperationError (303): inferences are registered on it: unload them first, or say `force`; with `force`: one of
   *   them is busy on a board that can be reached
   * @throws CoprocessorNotFoundError (304): no board has this name
   * @throws ConnectionFailedError (111): no connection to the cluster
   */
  async removeBoard(name: string, options: RemoveBoardOptions & CallOptions = {}): Promise<RemovedBoard> {
    const { forgotten } = recordOf<RemoveBoardView>(await this.commands.call(removeBoardCommand(name, options), options, REMOVE_BOARD_KEYS))
    return { forgotten: forgottenOf(forgotten) }
  }
}
