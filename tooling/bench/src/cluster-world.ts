import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCase } from './cases'
import { Child, programFile } from './child'
import { type BenchOptions, builtFiles } from './options'
import type { ApplicationStart, ApplicationStarted } from './programs/application'
import { type BlockFigures, measureBlock, type World } from './world'

/** A real cluster of one checkout: manager, containers on local boards, an application. */
export class ClusterWorld implements World {
  private manager: Child | undefined
  private application: Child | undefined
  private containerPids: number[] = []

  /**
   * @param root - the checkout whose build runs
   * @param folder - for state and sockets; its own
   * @param profileFolder - for CPU profiles, one folder a process
   * @param curve - encrypted
   */
  constructor(
    private readonly options: BenchOptions,
    private readonly root: string,
    private readonly folder: string,
    private readonly profileFolder: string | undefined,
    private readonly curve = false,
  ) {}

  async start(): Promise<void> {
    const files = builtFiles(this.root)
    const config = join(this.folder, 'cluster.yaml')
    const stateFolder = join(this.folder, 'state')
    writeFileSync(config, JSON.stringify(clusterConfig(this.options, this.curve)))
    const managerArgs = ['--config', config, '--state', stateFolder, '--ready-json', '--exit-with-parent']
    this.manager = Child.start('manager', files.manager, managerArgs, this.folder, this.profileFlags('manager'))
    await this.manager.firstLine()
    this.application = Child.start('application', programFile('application'), [], this.folder, this.profileFlags('app'))
    const { containerPids } = await this.application.ask<ApplicationStarted>({
      type: 'start',
      hostSdk: files.hostSdk,
      stateFolder,
      runCommand: [process.execPath, ...this.profileFlags('container'), programFile('container'), files.containerSdk],
      credits: this.options.credits,
    } satisfies ApplicationStart)
    this.containerPids = containerPids
  }

  runBlock(load: BenchCase, seconds: number): Promise<BlockFigures> {
    const { application, manager } = this
    if (!application || !manager) throw new Error('the cluster has not been started')
    return measureBlock(application, [manager.pid], this.containerPids, load, seconds)
  }

  async end(): Promise<void> {
    await this.application?.end()
    await this.manager?.end('SIGINT')
    // The manager has stopped its containers, unless it was killed: then they would go on until they miss it.
    for (const pid of this.containerPids.splice(0)) kill(pid)
  }

  private profileFlags(process: string): string[] {
    return this.profileFolder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', join(this.profileFolder, process)]
  }
}

/** JSON is YAML. */
const clusterConfig = ({ containers, transport }: BenchOptions, curve: boolean) => ({
  boards: Array.from({ length: containers }, (_, i) => ({ name: `board${i + 1}` })),
  listen:
    transport === 'ipc'
      ? { transport }
      : { transport, host: '127.0.0.1', ...(curve ? { curve } : {}), inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 },
  log_level: 'warn',
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
