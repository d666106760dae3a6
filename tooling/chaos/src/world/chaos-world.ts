import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AICluster } from '@aicluster/host-sdk'
import { WireFaults } from '@aicluster/testing'
import type { ApplicationName } from '../apps/load-shapes'
import { type DeliberateDefect, ROOT } from '../options'
import { LocalSite } from '../sites/local-site'
import { RigSite } from '../sites/rig-site'
import type { Site } from '../sites/site'
import { ApplicationProcess } from './application-process'
import { containerConfig, HANG_TIMEOUT_MS, LOOP, PASSING, RESPONSE_TIMEOUT_MS, SEND_TIMEOUT_MS } from './inferences'
import { ManagerKeeper } from './manager-keeper'
import { processesOf, signal } from './world-processes'

const APPLICATION_END_MS = 10_000
const GONE_LIMIT_MS = 5_000

export interface ChaosWorldOptions {
  seed: number
  defect: DeliberateDefect | undefined
  /** On boards of a rig. */
  boards: boolean
}

/** A private cluster made of real processes, in a folder of its own, with applications that use it. */
export class ChaosWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'aicc-'))
  readonly wire: WireFaults
  readonly manager: ManagerKeeper
  readonly applications: readonly ApplicationProcess[]
  readonly site: Site
  /** The same, where it is on boards. */
  readonly rig: RigSite | undefined
  private client: AICluster | undefined

  constructor({ seed, defect, boards }: ChaosWorldOptions) {
    for (const name of ['s', 'applications', 'executions']) mkdirSync(join(this.folder, name), { mode: 0o700 })
    this.wire = new WireFaults(join(this.folder, 'faults'), { seed })
    const faults = this.wire.environment
    const flaw = defect === undefined ? {} : { AICLUSTER_DELIBERATE_DEFECT: defect }
    const surroundings = {
      environment: { ...faults, CHAOS_EXECUTIONS: this.executionsFolder },
      commandPrefix: defect === undefined ? [] : ['env', `AICLUSTER_DELIBERATE_DEFECT=${defect}`],
    }
    this.rig = boards ? new RigSite(this.folder, this.executionsFolder) : undefined
    this.site = this.rig ?? new LocalSite(surroundings)
    const heapPreload = pathToFileURL(join(ROOT, 'tooling/chaos/dist/heap/heap-preload.js')).href
    this.manager = new ManagerKeeper(this.folder, {
      ...faults,
      ...flaw,
      NODE_OPTIONS: `${faults.NODE_OPTIONS} --import ${heapPreload}`,
      CHAOS_HEAPS: this.heapsFolder,
    })
    const inferences = [...this.site.inferences.map(({ name }) => name), LOOP]
    const order = {
      stateFolder: this.stateFolder,
      seed,
      inferences,
      loadShare: this.site.loadShare,
      containerConfig: containerConfig(PASSING, surroundings),
    }
    this.applications = this.site.applications.map((name, i) => {
      const own = { ...order, seed: seed + 1_000 * (i + 1) }
      return new ApplicationProcess(name, this.folder, own, { ...faults, ...flaw })
    })
  }

  /** @throws Error there is none of this name in this world */
  application(name: ApplicationName): ApplicationProcess {
    const found = this.applications.find((application) => application.name === name)
    if (!found) throw new Error(`there is no application ${name} in this world`)
    return found
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

  /** Start the manager, load the inferences on all boards, start the applications and wait until they are connected. */
  async start(): Promise<void> {
    const { site } = this
    await site.start()
    // JSON is YAML.
    writeFileSync(join(this.folder, 'cluster.yaml'), JSON.stringify({ ...COMMON_CONFIG, ...this.site.clusterConfig }))
    await this.manager.start()
    this.client = await AICluster.connect({ stateFolder: this.stateFolder })
    await site.connected?.(this.client)
    const configs = await Promise.all(site.inferences.map((inference) => site.containerConfig(inference)))
    const all = [...configs, await site.sourceConfig(), { name: LOOP, implementationType: 'Loop' as const }]
    await this.client.loadInference(all, 'all', { timeout: site.loadLimitMs })
    for (const application of this.applications) application.start()
    await Promise.all(this.applications.map(({ connected }) => connected))
  }

  /** Tell every application to send nothing new. */
  stopLoad(): void {
    for (const application of this.applications) application.tell({ tell: 'stopLoad' })
    // Its questions would be seen as something that is going on.
    this.rig?.watch.end()
  }

  /**
   * End everything in order: applications, then the manager, which stops its containers.
   * @returns processes that were left after that; they are killed. And what was left on boards, in words
   */
  async end(): Promise<{ orphans: number[]; leftovers: string[] }> {
    await Promise.all(this.applications.map((application) => application.end(APPLICATION_END_MS)))
    const leftovers = await this.site.leftovers(this.cluster)
    await this.client?.release()
    await this.manager.end('SIGINT')
    let left = processesOf(this.folder)
    for (const giveUpAtMs = Date.now() + GONE_LIMIT_MS; left.length > 0 && Date.now() < giveUpAtMs; left = processesOf(this.folder)) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    this.killAll()
    return { orphans: left, leftovers }
  }

  /** At once, and whatever state they are in. */
  killAll(): void {
    for (const pid of processesOf(this.folder)) signal(pid, 'SIGKILL')
  }

  /** What the containers ran on goes. */
  endSite(): Promise<void> {
    return this.site.end()
  }

  /** Everything that the processes wrote goes. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

const COMMON_CONFIG = {
  defaults: { send_timeout: SEND_TIMEOUT_MS, wait_queue_timeout: RESPONSE_TIMEOUT_MS, start_timeout: 20_000 },
  hang_timeout: HANG_TIMEOUT_MS,
  drain_timeout: 5_000,
  log_level: 'info',
}
