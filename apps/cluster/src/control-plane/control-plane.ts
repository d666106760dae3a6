import { join } from 'node:path'
import { asAIClusterError, clusterError, encodeMsgpack, errorHeader } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { Board } from '../boards/board'
import { LocalBoard } from '../boards/local/local-board'
import type { ClusterConfig } from '../config/cluster-config'
import type { DataPlaneEvent } from '../data-plane/control-messages'
import { implementationOf } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import { NameLocks } from '../registry/name-locks'
import { projectQueues } from '../registry/projection'
import { PutFiles } from '../registry/put-files'
import { Registry } from '../registry/registry'
import type { StateFolder } from '../registry/state-folder'
import { CommandsInProgress } from './commands-in-progress'
import { ContainerFleet } from './container-fleet'
import type { DataPlaneClient } from './data-plane-client'

export interface ControlPlaneOptions {
  config: ClusterConfig
  state: StateFolder
  dataPlane: DataPlaneClient
  log: Logger
  connectorEnvironment: Readonly<Record<string, string>>
  /** The manager's public CURVE key; left out without CURVE. */
  serverKey?: string
  /** Where health and metrics are; null: switched off. */
  adminUrl: string | null
  /** A `shutdown` command came. */
  onShutdown(stopContainers: boolean): void
}

/** Registry, boards and commands: everything that may take its time. */
export class ControlPlane {
  readonly boards: ReadonlyMap<string, Board>
  readonly registry: Registry
  readonly locks = new NameLocks()
  readonly files: PutFiles
  readonly fleet: ContainerFleet
  private readonly commands = new CommandsInProgress(this)
  private projected = new Map<string, string>()
  private brokenFiles: readonly string[] = []
  /** What is registered is known to the data plane, and applications may be let in. */
  started = false

  constructor(readonly options: ControlPlaneOptions) {
    const { config, state, dataPlane, log, connectorEnvironment } = options
    this.boards = new Map(
      config.boards.map(({ name }) => [
        name,
        new LocalBoard({ name, folder: join(state.boardsFolder, name), logger: log.child({ board: name }) }),
      ]),
    )
    this.registry = new Registry(state.inferencesFolder)
    this.files = new PutFiles(state.filesFolder)
    this.fleet = new ContainerFleet({
      boards: this.boards,
      dataPlane,
      log,
      stopTimeoutMs: config.stop_timeout,
      connectorEnvironment,
      ...(options.serverKey === undefined ? {} : { serverKey: options.serverKey }),
      filesFolderOf: (name) => this.files.folderOf(name),
    })
  }

  /** Read what is registered, tell the data plane, take over the containers that still run and start those that do not. */
  async start(): Promise<void> {
    const { state, dataPlane, log } = this.options
    await dataPlane.call('addNumbers', await state.takeNumbers())
    const broken = await this.registry.load()
    this.brokenFiles = broken.map(({ file }) => file.slice(0, -'.json'.length))
    for (const { file, reason } of broken) log.error({ file, reason }, 'inference config file ignored')
    await this.project()
    const withPrograms = this.registry.all().filter(({ config }) => implementationOf(config) !== 'Loop')
    await Promise.all(withPrograms.map((record) => this.resume(record)))
    // Whose file cannot be read may still be running what somebody needs.
    if (broken.length === 0) await this.sweep()
    this.started = true
  }

  /** Inferences whose config file could not be read, and that nobody has loaded anew since. */
  get unreadable(): string[] {
    return this.brokenFiles.filter((name) => !this.registry.get(name))
  }

  onEvent(event: DataPlaneEvent): void {
    switch (event.type) {
      case 'command':
        void this.commands.run(event)
        return
      case 'command-cancelled':
        return this.commands.cancel(event.session, event.request)
      case 'container-ready':
        return this.fleet.onReady(event.instance)
      case 'container-gone':
        return this.onContainerGone(event.instance, event.reason)
      case 'container-hung':
        return this.fleet.killHung(event.instance)
      case 'numbers-low':
        this.options.state
          .takeNumbers()
          .then((block) => this.options.dataPlane.call('addNumbers', block))
          .catch((error) => this.options.log.error({ err: error }, 'no more request numbers could be taken'))
    }
  }

  /** Bring the data plane's queues in line with the registry; resolves when it has them. */
  async project(): Promise<void> {
    const wanted = projectQueues(this.registry.all(), this.options.config.defaults)
    const changed = [...wanted.values()].filter((settings) => this.projected.get(settings.name) !== JSON.stringify(settings))
    const gone = [...this.projected.keys()].filter((name) => !wanted.has(name))
    if (changed.length > 0) await this.options.dataPlane.call('setQueues', changed)
    if (gone.length > 0) await this.options.dataPlane.call('removeQueues', gone)
    this.projected = new Map([...wanted].map(([name, settings]) => [name, JSON.stringify(settings)]))
  }

  /** A load that an earlier manager did not finish has left containers that are in no registry. */
  private async sweep(): Promise<void> {
    const known = new Set(this.registry.all().flatMap(({ containers }) => containers.map(({ instance }) => instance)))
    await Promise.all([...this.boards.values()].map((board) => board.sweep(known)))
  }

  private async resume(record: InferenceRecord): Promise<void> {
    const { log } = this.options
    const containers = await Promise.all(
      record.containers.map(async (container) => {
        try {
          if (!container.stopped) return await this.fleet.adoptOrRestart(record.config, container)
          await this.fleet.rest(record.config, container)
          return container
        } catch (error) {
          log.error(
            { container: container.suffix_name, reason: asAIClusterError(error).message },
            'a registered container could not be started',
          )
          return container
        }
      }),
    )
    if (containers.some((container, index) => container !== record.containers[index])) await this.registry.set({ ...record, containers })
  }

  private onContainerGone(instance: string, reason: string): void {
    for (const { config, containers } of this.registry.all()) {
      const container = containers.find((candidate) => candidate.instance === instance)
      if (!container) continue
      const details = { inference_name: config.name, suffix_name: container.suffix_name, board: container.board, reason }
      const detail = `container ${container.suffix_name} on board ${container.board} ${reason}`
      const event = clusterError('inferenceUnsubscribed', { args: [config.name], detail, details })
      this.options.log.warn(details, 'container disconnected')
      this.options.dataPlane.broadcast(encodeMsgpack({ ...errorHeader(event), cmd: 'container_disconnect' }))
    }
  }
}
