import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AICluster, type ConnectOptions, type ContainerConfig, type ContainerHandler } from '@aicluster/host-sdk'
import { eventually } from './eventually'
import { Gates } from './gates'
import { type ManagerExit, ManagerProcess } from './manager-process'
import { type ProgramName, runs as runsProgram } from './programs'
import { processesOf, runs } from './world-processes'

type Metrics = Awaited<ReturnType<AICluster['getMetrics']>>

/** How long processes may take to go once they have been told to, in ms. */
const GONE_LIMIT_MS = 5_000
const ORPHAN_TIMEOUT_MS = 20_000

export interface WorldOptions {
  /** Default ipc. With tcp the system chooses the ports. */
  transport?: 'ipc' | 'tcp'
  /** Further keys of `cluster.yaml`. */
  config?: Record<string, unknown>
  /** How long the container programs live without a manager, in ms. Default 20,000. */
  orphanTimeoutMs?: number
  /** Further variables in the environment of the manager and of the container programs. */
  environment?: Record<string, string>
}

/** A running cluster made of real processes, in a folder of its own, and an application connected to it. */
export class World implements AsyncDisposable {
  readonly gates: Gates
  private readonly applications: AICluster[] = []
  private first: AICluster | undefined
  private process: ManagerProcess | undefined

  private constructor(
    readonly folder: string,
    private readonly orphanTimeoutMs: number,
    private readonly environment: Record<string, string>,
  ) {
    this.gates = new Gates(join(folder, 'g'))
  }

  /** Start a manager and connect one application. Dispose of it: that ends every process and deletes every file of it. */
  static async start(options: WorldOptions = {}): Promise<World> {
    const { transport = 'ipc', config = {}, orphanTimeoutMs = ORPHAN_TIMEOUT_MS, environment = {} } = options
    // Short: Unix sockets lie below it.
    const world = new World(mkdtempSync(join(tmpdir(), 'aicw-')), orphanTimeoutMs, environment)
    mkdirSync(world.stateFolder, { mode: 0o700 })
    const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
    const listen = transport === 'tcp' ? { transport, ...ports } : { transport }
    // JSON is YAML.
    writeFileSync(world.configFile, JSON.stringify({ listen, log_level: 'debug', ...config }))
    try {
      await world.startManager()
      world.first = await world.connect()
      return world
    } catch (error) {
      await world[Symbol.asyncDispose]()
      throw error
    }
  }

  get stateFolder(): string {
    return join(this.folder, 's')
  }

  get configFile(): string {
    return join(this.folder, 'cluster.yaml')
  }

  /** The manager's process, the current or the last one. */
  get manager(): ManagerProcess {
    if (!this.process) throw new Error('no manager was started')
    return this.process
  }

  /** The application that was connected first. */
  get cluster(): AICluster {
    if (!this.first) throw new Error('no application is connected')
    return this.first
  }

  /** Another application; released with the world. */
  async connect(options: ConnectOptions = {}): Promise<AICluster> {
    // A key file says itself where the manager is.
    const place = options.keyFile === undefined ? { stateFolder: this.stateFolder } : {}
    const cluster = await AICluster.connect({ ...place, connectTimeoutMs: 10_000, ...options })
    this.applications.push(cluster)
    return cluster
  }

  /** A config that runs one of our programs. */
  config(program: ProgramName, name: string, more: Partial<ContainerConfig> = {}): ContainerConfig {
    const ours = { TEST_GATES: this.gates.folder, TEST_ORPHAN_TIMEOUT_MS: String(this.orphanTimeoutMs) }
    const env = { ...this.environment, ...ours, ...more.env }
    return runsProgram(program, name, { ...more, env })
  }

  /** Load one of our programs, on one board unless said otherwise. */
  load(
    program: ProgramName,
    name: string,
    more: Partial<ContainerConfig> = {},
    boards: string | string[] = 'board1',
  ): Promise<ContainerHandler[]> {
    return this.cluster.loadInference(this.config(program, name, more), boards)
  }

  /** Start a manager on the world's state folder, as after the end of the one before. */
  async startManager(): Promise<ManagerProcess> {
    this.process = await ManagerProcess.start(this.configFile, this.stateFolder, this.environment)
    return this.process
  }

  /** Send the manager a signal and wait for its end. */
  async endManager(signal: NodeJS.Signals): Promise<ManagerExit> {
    this.manager.kill(signal)
    return this.manager.end()
  }

  /** Every figure of the manager. */
  metrics(): Promise<Metrics> {
    return this.cluster.getMetrics()
  }

  /** One counter of the manager; 0 while nothing was counted. */
  async counter(name: string): Promise<number> {
    return (await this.metrics()).counters[name] ?? 0
  }

  /** Credits of the containers of an inference, added up. */
  async credits(name: string): Promise<{ free: number; inFlight: number }> {
    const suffixes = new Set((await this.cluster.getContainerHandler(name)).map(({ suffixName }) => suffixName))
    const rows = (await this.metrics()).credits.filter(({ suffixName }) => suffixes.has(suffixName))
    return {
      free: rows.reduce((sum, { free }) => sum + free, 0),
      inFlight: rows.reduce((sum, { inFlight }) => sum + inFlight, 0),
    }
  }

  /** Wait until this many requests of an inference are with containers, and this many in its queue. */
  async until(name: string, { held, waiting = 0 }: { held: number; waiting?: number }): Promise<void> {
    await eventually(`${held} requests held and ${waiting} waiting for ${name}`, async () => {
      const queue = (await this.metrics()).queues.find((candidate) => candidate.name === name)
      return queue?.inFlight === held && queue.waiting === waiting
    })
  }

  /** Process numbers of the containers that run, by container name. */
  async pids(name?: string): Promise<Record<string, number>> {
    const statuses = await this.cluster.getContainerStatus(name)
    return Object.fromEntries(statuses.flatMap(({ suffixName, pid }) => (pid === undefined ? [] : [[suffixName, pid]])))
  }

  /** Names of the inference config files. */
  get inferenceFiles(): string[] {
    return readdirSync(join(this.stateFolder, 'inferences'))
  }

  /** Pids of every process that belongs to the world, but the manager's. */
  get containerProcesses(): number[] {
    return processesOf(this.folder).filter((pid) => pid !== this.process?.pid)
  }

  /**
   * Wait until nothing is going on: every rest gauge zero, every credit of every connected container free,
   * nothing open in any application.
   */
  async atRest(limitMs = 10_000): Promise<void> {
    const look = async () => {
      const { gauges, restGauges, credits } = await this.metrics()
      const busy = restGauges.filter((gauge) => gauges[gauge] !== 0).map((gauge) => `${gauge} ${gauges[gauge]}`)
      const taken = credits.filter(({ connected, free, maxSendNum }) => connected && free !== maxSendNum)
      const open = this.applications.filter(({ openRequests }) => openRequests > 0)
      if (restGauges.length === 0) throw new Error('the manager names no rest gauges')
      if (busy.length + taken.length + open.length === 0) return true
      throw new Error(`${busy.join(', ')}; credits ${JSON.stringify(taken)}; applications with open requests: ${open.length}`)
    }
    await eventually('the world to be at rest', look, limitMs)
  }

  /** After a test: let go of everything, wait for rest, unload everything. */
  async settle(): Promise<void> {
    this.gates.openAll()
    await this.atRest()
    await this.cluster.unloadInference()
    this.gates.closeAll()
  }

  /** @throws Error when a process of the world is left after the manager has stopped its containers; it is killed then */
  async [Symbol.asyncDispose](): Promise<void> {
    // A test that failed may have left requests in a container's hands.
    this.gates.openAll()
    await Promise.all(this.applications.map((application) => application.release()))
    // A test that has ended its manager has left the containers behind on purpose.
    const managerStopsThem = this.process?.running === true
    try {
      if (managerStopsThem) await this.endManager('SIGINT')
    } finally {
      const left = processesOf(this.folder)
      for (const pid of left) process.kill(pid, 'SIGKILL')
      await eventually('the end of what was killed', () => !left.some(runs), GONE_LIMIT_MS)
      rmSync(this.folder, { recursive: true, force: true })
      if (managerStopsThem && left.length > 0) {
        // biome-ignore lint/correctness/noUnsafeFinally: it says more than that the manager did not end
        throw new Error(`processes ${left.join(', ')} outlived their world; the manager's log:\n${this.manager.log}`)
      }
    }
  }
}

export const startWorld = (options?: WorldOptions): Promise<World> => World.start(options)
