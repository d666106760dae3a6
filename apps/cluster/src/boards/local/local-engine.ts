import { stat } from 'node:fs/promises'
import { type AIClusterError, type ContainerConfig, clusterError } from '@aicluster/protocol'
import { ipcFolder } from '@aicluster/transport'
import type { Logger } from 'pino'
import { implementationOf } from '../../registry/container-config-rules'
import { containerSockets } from '../../registry/socket-folder'
import type { ContainerSpec } from '../board'
import { boardError } from '../board-error'
import { EngineBoard } from '../engine/engine-board'
import { unlessHung } from '../engine/unless-hung'
import { LocalMachine } from './local-machine'

export interface LocalEngineOptions {
  board: string
  clusterId: string
  /** Whether the cluster has a board of this name now. Left out: no other one. */
  isBoard?: ((name: string) => boolean) | undefined
  /** Absolute: where the folders of its containers lie. */
  folder: string
  /** Path of the Docker Engine's socket. */
  engineSocket: string
  allowedRunOptions: readonly string[]
  /** Where containers find the manager: `ipc:///folder`, or the address that it listens on. */
  managerAddress: string
  logger: Logger
}

const LOOPBACK = /^(127\.|localhost$|::1$)/
const EVERY_ADDRESS = /^(0\.0\.0\.0|::|\*)$/

const isIpc = (address: string): boolean => address.startsWith('ipc://')

/** The Docker Engine of this machine, as far as there is one: runs containers of type `docker` and `nvidia` for a local board. */
export class LocalEngine {
  readonly board: EngineBoard
  readonly #options: LocalEngineOptions
  readonly #machine: LocalMachine

  constructor(options: LocalEngineOptions) {
    const { board, clusterId, isBoard, folder, engineSocket, allowedRunOptions, managerAddress, logger } = options
    this.#options = options
    this.#machine = new LocalMachine({ board, engineSocket })
    const machine = () => this.#answering()
    const sharedFolders = isIpc(managerAddress) ? [containerSockets(ipcFolder(managerAddress))] : []
    this.board = new EngineBoard({ name: board, clusterId, isBoard, folder, machine, allowedRunOptions, sharedFolders, logger })
  }

  /** Whether this machine has an Engine at all; one that does not answer counts. */
  async isThere(): Promise<boolean> {
    return stat(this.#options.engineSocket).then(
      (stats) => stats.isSocket(),
      () => false,
    )
  }

  /** @throws InvalidArgumentError (302) there is no Engine, or its containers could not reach the manager */
  async check(config: ContainerConfig): Promise<void> {
    const { engineSocket, managerAddress } = this.#options
    if (!(await this.isThere())) {
      throw this.#refuse(config, `there is no Docker Engine at ${engineSocket}: install one, or set engine_socket of the board`)
    }
    if (LOOPBACK.test(managerAddress)) {
      throw this.#refuse(
        config,
        `containers do not reach the manager at ${managerAddress}: set listen.transport to ipc, or listen.host to an address that they reach`,
      )
    }
    await this.board.check(config)
  }

  /** What a container is told of the manager, in words that mean the same inside of it. */
  async withAddress(spec: ContainerSpec): Promise<ContainerSpec> {
    const { AICLUSTER_HOST_IP: listening = '' } = spec.environment
    const address = isIpc(listening)
      ? `ipc://${containerSockets(ipcFolder(listening))}`
      : EVERY_ADDRESS.test(listening)
        ? await this.#gateway()
        : listening
    return { ...spec, environment: { ...spec.environment, AICLUSTER_HOST_IP: address } }
  }

  /** The machine, unless its Engine hangs: whoever asks that anything would wait for ever. @throws SshConnectionError (500) */
  async #answering(): Promise<LocalMachine> {
    const giveUp = new AbortController()
    // dockerode's types know no signal here.
    const engine = this.#machine.engine as unknown as { ping(options: { abortSignal: AbortSignal }): Promise<unknown> }
    // One that is not there says so to whoever asks next.
    const answer = engine.ping({ abortSignal: giveUp.signal }).catch(() => {})
    await unlessHung(this.#options.board, answer, (why) => giveUp.abort(why))
    return this.#machine
  }

  /** The address of this machine on the network that its containers have by default. */
  async #gateway(): Promise<string> {
    const { board } = this.#options
    const { engine } = await this.#answering()
    const network = await engine
      .getNetwork('bridge')
      .inspect()
      .catch((error) => {
        throw boardError(board, 'ask the Engine for its network "bridge"', error)
      })
    const gateway = (network as { IPAM?: { Config?: { Gateway?: string }[] } }).IPAM?.Config?.[0]?.Gateway
    if (gateway !== undefined) return gateway
    throw boardError(
      board,
      'find the address at which containers reach the manager',
      new Error('network "bridge" has no gateway: set listen.host to one address'),
    )
  }

  #refuse(config: ContainerConfig, why: string): AIClusterError {
    const type = implementationOf(config)
    return clusterError('invalidParameter', {
      detail: `board "${this.#options.board}", container config "${config.name}": implementation_type "${type}" cannot run on this board: ${why}`,
      details: { board: this.#options.board, container: config.name, field: 'implementation_type', value: type },
    })
  }
}
