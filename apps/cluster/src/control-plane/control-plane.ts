import { hostname } from 'node:os'
import { join } from 'node:path'
import { clusterError, encodeErrorHeader, errorHeader } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { Board } from '../boards/board'
import { readOwnTelemetry } from '../boards/local/read-own-telemetry'
import { SharedTelemetry } from '../boards/local/shared-telemetry'
import { makeBoard } from '../boards/make-board'
import type { KnownEngines } from '../boards/ssh/engine-mark'
import type { Owner } from '../boards/ssh/own-machine'
import { TelemetryPoll } from '../boards/telemetry/telemetry-poll'
import type { BoardConfig } from '../config/board-config'
import type { ClusterConfig } from '../config/cluster-config'
import type { DataPlaneEvent } from '../data-plane/control-messages'
import { GivenFiles } from '../given/given-files'
import { implementationOf } from '../registry/container-config-rules'
import { NameLocks } from '../registry/name-locks'
import { projectQueues } from '../registry/projection'
import { PutFiles } from '../registry/put-files'
import { Registry } from '../registry/registry'
import type { StateFolder } from '../registry/state-folder'
import { BoardWatch } from './board-watch'
import { Boards } from './boards'
import { CommandsInProgress } from './commands-in-progress'
import { ContainerFleet } from './container-fleet'
import type { DataPlaneClient } from './data-plane-client'
import { processesRefusal, requireProcessesAllowed } from './processes-allowed'

export interface ControlPlaneOptions {
  config: ClusterConfig
  state: StateFolder
  dataPlane: DataPlaneClient
  log: Logger
  connectorEnvironment: Readonly<Record<string, string>>
  /** What the manager was started with; undefined: its defaults. */
  configFile?: string | undefined
  /** The manager's public CURVE key; left out without CURVE. */
  serverKey?: string
  /** Where health and metrics are; null: switched off. */
  adminUrl: string | null
  /** A `shutdown` command came. */
  onShutdown(stopContainers: boolean): void
}

/** Registry, boards and commands: everything that may take its time. */
export class ControlPlane {
  readonly boards: Boards
  readonly registry: Registry
  readonly locks = new NameLocks()
  readonly files: PutFiles
  /** What applications have sent of the paths that they name. */
  readonly given: GivenFiles
  readonly fleet: ContainerFleet
  readonly boardWatch = new BoardWatch(this)
  /** By command: names of containers that it makes, or that are on their way out. They are not registered, and nobody else's. */
  readonly namesInWork = new Set<ReadonlySet<string>>()
  private readonly ownTelemetry: SharedTelemetry
  private readonly commands = new CommandsInProgress(this)
  /** Which Engine is which board's: two boards on one are refused. */
  private readonly engines: KnownEngines = new Map()
  private projected = new Map<string, string>()
  private brokenFiles: readonly string[] = []
  /** What is registered is known to the data plane, and applications may be let in. */
  started = false

  constructor(readonly options: ControlPlaneOptions) {
    const { config, state, dataPlane, log, connectorEnvironment } = options
    this.ownTelemetry = new SharedTelemetry(
      new TelemetryPoll({ read: (signal) => readOwnTelemetry({ diskPath: state.boardsFolder, signal }) }),
    )
    this.boards = new Boards(config.boards.map((board) => this.makeBoard(board)))
    this.registry = new Registry(state.inferencesFolder)
    this.files = new PutFiles(state.filesFolder)
    this.given = new GivenFiles({
      folder: state.givenFolder,
      limitBytes: config.limits.max_sent_files_bytes,
      registered: () => (this.unreadable.length > 0 ? undefined : this.registry.all()),
      log,
    })
    this.fleet = new ContainerFleet({
      boards: this.boards,
      dataPlane,
      log,
      stopTimeoutMs: config.stop_timeout,
      connectorEnvironment,
      ...(options.serverKey === undefined ? {} : { serverKey: options.serverKey }),
      filesFolderOf: (name) => this.files.folderOf(name),
      keep: (name, container) =>
        this.registry
          .keepContainer(name, container)
          .catch((error) =>
            log.error({ inference: name, err: error }, 'what is registered could not be written: tried with the next change'),
          ),
      placed: (sources) => this.given.placed(sources),
      requireAllowed: (own, board) => requireProcessesAllowed(config, own, [{ name: board }]),
      lookAgain: (board, instance) => this.boardWatch.lookAgain(board, instance),
    })
  }

  /** The live board of a config's entry; it is not among {@link ControlPlane.boards} yet. */
  makeBoard(config: BoardConfig): Board {
    const { state, log, connectorEnvironment } = this.options
    return makeBoard(config, {
      managerAddress: connectorEnvironment.AICLUSTER_HOST_IP ?? '',
      folder: join(state.boardsFolder, config.name),
      knownHosts: state.knownHostsPath,
      owner: this.owner,
      ownTelemetry: this.ownTelemetry,
      logger: log.child({ board: config.name }),
    })
  }

  /** Whose the boards are. */
  get owner(): Owner {
    const { state } = this.options
    const isBoard = (name: string) => this.boards.has(name)
    return { clusterId: state.clusterId, epoch: state.epoch, name: `${hostname()}:${state.path}`, isBoard, engines: this.engines }
  }

  /** A board comes, and is kept reachable from now on. Resolves when it is up, or a moment later; what is wrong shows in its state. */
  async addBoard(board: Board): Promise<void> {
    this.boards.add(board)
    await this.boardWatch.begin(board)
    await this.boardWatch.reach([board]).catch(() => {})
  }

  /** A board goes, on which nothing is registered. */
  async removeBoard(name: string): Promise<void> {
    const board = this.boards.remove(name)
    // One that cannot be told is told by hand, as whoever takes it hears.
    await board?.leave?.().catch(() => {})
    if (board) await this.boardWatch.end(board)
  }

  /** Read what is registered, tell the data plane, take over the containers that still run and start those that do not. */
  async start(): Promise<void> {
    const { config, state, dataPlane, log } = this.options
    await dataPlane.call('addNumbers', await state.takeNumbers())
    const broken = await this.registry.load()
    this.brokenFiles = broken.map(({ file }) => file.slice(0, -'.json'.length))
    for (const { file, reason } of broken) log.error({ file, reason }, 'inference config file ignored')
    await this.files.recover((name) =>
      this.brokenFiles.includes(name) ? [] : this.registry.get(name)?.containers.map(({ instance }) => instance),
    )
    await this.given.open()
    await this.project()
    // Whether their boards can be reached or not: those that run connect by themselves.
    for (const record of this.registry.all()) {
      if (implementationOf(record.config) === 'Loop') continue
      for (const container of record.containers) {
        const mayRun = processesRefusal(config, record.config, container.board) === undefined
        if (!container.stopped && mayRun) await this.fleet.expectAgain(record, container)
      }
    }
    // Nobody waits for boards that have to be reached first, nor for long.
    await Promise.all(this.boards.all().map((board) => this.boardWatch.begin(board)))
    this.started = true
  }

  /** Inferences whose config file could not be read, and that nobody has loaded anew since. */
  get unreadable(): string[] {
    return this.brokenFiles.filter((name) => !this.registry.get(name))
  }

  onEvent(event: DataPlaneEvent): void {
    switch (event.type) {
      case 'command':
        // One command must not end the manager, nor all containers' control with it.
        this.commands.run(event).catch((error) => this.options.log.error({ err: error }, 'a command ended without a reply'))
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

  /**
   * Bring the data plane's queues in line with the registry; resolves when it has them.
   * @param missing - queues that it may have forgotten by other ways
   */
  async project(missing: readonly string[] = []): Promise<void> {
    const wanted = projectQueues(this.registry.all(), this.options.config.defaults)
    const changed = [...wanted.values()].filter(
      (settings) => missing.includes(settings.name) || this.projected.get(settings.name) !== JSON.stringify(settings),
    )
    const gone = [...this.projected.keys()].filter((name) => !wanted.has(name))
    if (changed.length > 0) await this.options.dataPlane.call('setQueues', changed)
    if (gone.length > 0) await this.options.dataPlane.call('removeQueues', gone)
    this.projected = new Map([...wanted].map(([name, settings]) => [name, JSON.stringify(settings)]))
  }

  /** Let go of the boards. */
  async close(): Promise<void> {
    this.given.close()
    await this.boardWatch.endAll()
  }

  private onContainerGone(instance: string, reason: string): void {
    for (const { config, containers } of this.registry.all()) {
      const container = containers.find((candidate) => candidate.instance === instance)
      if (!container) continue
      const details = { inference_name: config.name, suffix_name: container.suffix_name, board: container.board, reason }
      const detail = `container ${container.suffix_name} on board ${container.board} ${reason}`
      const event = clusterError('inferenceUnsubscribed', { args: [config.name], detail, details })
      this.options.log.warn(details, 'container disconnected')
      this.options.dataPlane.broadcast(encodeErrorHeader({ ...errorHeader(event), cmd: 'container_disconnect' }))
    }
  }
}
