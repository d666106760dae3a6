import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AICluster } from '@aicluster/host-sdk'
import { WireFaults } from '@aicluster/testing'
import { type ApplicationName, LOAD_SHAPES } from '../apps/load-shapes'
import { type DeliberateDefect, ROOT } from '../options'
import { ApplicationProcess } from './application-process'
import {
  type ContainerSurroundings,
  containerConfig,
  HANG_TIMEOUT_MS,
  INFERENCES,
  LOOP,
  PASSING,
  RESPONSE_TIMEOUT_MS,
  SEND_TIMEOUT_MS,
  sourceConfig,
} from './inferences'
import { ManagerKeeper } from './manager-keeper'
import { processesOf, signal } from './world-processes'

const LOAD_LIMIT_MS = 30_000
const APPLICATION_END_MS = 10_000
const GONE_LIMIT_MS = 5_000

export interface ChaosWorldOptions {
  seed: number
  defect: DeliberateDefect | undefined
}

/** A private cluster made of real processes, in a folder of its own, with applications that use it. */
export class ChaosWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'aicc-'))
  readonly wire: WireFaults
  readonly manager: ManagerKeeper
  readonly applications: Record<ApplicationName, ApplicationProcess>
  private client: AICluster | undefined
  private readonly surroundings: ContainerSurroundings

  constructor({ seed, defect }: ChaosWorldOptions) {
    for (const name of ['s', 'applications', 'executions']) mkdirSync(join(this.folder, name), { mode: 0o700 })
    this.wire = new WireFaults(join(this.folder, 'faults'), { seed })
    const faults = this.wire.environment
    const flaw = defect === undefined ? {} : { AICLUSTER_DELIBERATE_DEFECT: defect }
    this.surroundings = {
      environment: { ...faults, CHAOS_EXECUTIONS: this.executionsFolder },
      commandPrefix: defect === undefined ? [] : ['env', `AICLUSTER_DELIBERATE_DEFECT=${defect}`],
    }
    const heapPreload = pathToFileURL(join(ROOT, 'tooling/chaos/dist/heap/heap-preload.js')).href
    this.manager = new ManagerKeeper(this.folder, {
      ...faults,
      ...flaw,
      NODE_OPTIONS: `${faults.NODE_OPTIONS} --import ${heapPreload}`,
      CHAOS_HEAPS: this.heapsFolder,
    })
    const order = { stateFolder: this.stateFolder, seed, containerConfig: containerConfig(PASSING, this.surroundings) }
    const names = Object.keys(LOAD_SHAPES) as ApplicationName[]
    this.applications = Object.fromEntries(
      names.map((name, i) => {
        const own = { ...order, seed: seed + 1_000 * (i + 1) }
        return [name, new ApplicationProcess(name, this.folder, own, { ...faults, ...flaw })]
      }),
    ) as Record<ApplicationName, ApplicationProcess>
  }

  get stateFolder(): string {
    return join(this.folder, 's')
  }

  get executionsFolder(): string {
    return join(this.folder, 'executions')
  }

  get heapsFolder(): string {
    return join(this.folder, 'heaps')
  }

  /** This process's own connection to the cluster, whose wire has no faults of its own. */
  get cluster(): AICluster {
    if (!this.client) throw new Error('the world has not been started')
    return this.client
  }

  /** Start the manager, load the inferences on both boards, start the applications and wait until they are connected. */
  async start(): Promise<void> {
    // JSON is YAML.
    writeFileSync(join(this.folder, 'cluster.yaml'), JSON.stringify(clusterConfig()))
    await this.manager.start()
    this.client = await AICluster.connect({ stateFolder: this.stateFolder })
    const configs = INFERENCES.map((inference) => containerConfig(inference, this.surroundings))
    await this.client.loadInference([...configs, sourceConfig(this.surroundings), { name: LOOP, implementationType: 'Loop' }], 'all', {
      timeout: LOAD_LIMIT_MS,
    })
    const applications = Object.values(this.applications)
    for (const application of applications) application.start()
    await Promise.all(applications.map(({ connected }) => connected))
  }

  /** Tell every application to send nothing new. */
  stopLoad(): void {
    for (const application of Object.values(this.applications)) application.tell({ tell: 'stopLoad' })
  }

  /**
   * End everything in order: applications, then the manager, which stops its containers.
   * @returns processes that were left after that; they are killed
   */
  async end(): Promise<number[]> {
    await Promise.all(Object.values(this.applications).map((application) => application.end(APPLICATION_END_MS)))
    await this.client?.release()
    await this.manager.end('SIGINT')
    let left = processesOf(this.folder)
    for (const giveUpAtMs = Date.now() + GONE_LIMIT_MS; left.length > 0 && Date.now() < giveUpAtMs; left = processesOf(this.folder)) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    this.killAll()
    return left
  }

  /** At once, and whatever state they are in. */
  killAll(): void {
    for (const pid of processesOf(this.folder)) signal(pid, 'SIGKILL')
  }

  /** Everything that the processes wrote goes. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

const clusterConfig = () => ({
  listen: { transport: 'ipc' },
  defaults: { send_timeout: SEND_TIMEOUT_MS, wait_queue_timeout: RESPONSE_TIMEOUT_MS, start_timeout: 20_000 },
  hang_timeout: HANG_TIMEOUT_MS,
  drain_timeout: 5_000,
  log_level: 'info',
})
