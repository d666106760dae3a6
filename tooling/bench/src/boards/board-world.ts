import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AICluster, type ContainerConfig } from '@aicluster/host-sdk'
import { nodeImage, type Rig, type RigBoard, startOwnedRig } from '@aicluster/rig'
import { Child } from '../child'
import { builtFiles } from '../options'

export type ImageFile = Awaited<ReturnType<typeof nodeImage>>

const BOARDS = 2
const LOOK_EACH_MS = 5
const UP_LIMIT_MS = 30_000
/** Where the image has it. */
const SDK_IN_IMAGE = '/node_modules/@aicluster/container-sdk/index.js'
const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url))

/** Two boards on this machine, and a manager that reaches them over SSH. Everything is encrypted. */
export class BoardWorld {
  /** From a manager that is ready until it has reached all boards, in ms. */
  connectMs = 0
  private manager: Child | undefined
  private client: AICluster | undefined

  private constructor(
    private readonly folder: string,
    private readonly rig: Rig,
    readonly image: ImageFile,
  ) {}

  /** @param folder - its own. @throws RigError with what is missing on this machine */
  static async start(folder: string, root: string): Promise<BoardWorld> {
    const world = new BoardWorld(folder, await startOwnedRig(BOARDS), await nodeImage())
    try {
      await world.startManager(root)
      return world
    } catch (error) {
      await world.end()
      throw error
    }
  }

  get stateFolder(): string {
    return join(this.folder, 'state')
  }

  get cluster(): AICluster {
    if (!this.client) throw new Error('the manager has not been started')
    return this.client
  }

  board(number: number): RigBoard {
    return this.rig.board(number)
  }

  /** An inference that answers with what it got. */
  echoConfig(name: string): ContainerConfig {
    const { file, tag } = this.image
    return {
      name,
      implementationType: 'docker',
      imagePath: dirname(file),
      imageFilename: basename(file),
      imageTag: tag,
      scriptPath: PROGRAMS,
      inferenceModules: { subInferenceName: '', script: ['container.js'] },
      runCommand: ['node', 'container.js', SDK_IN_IMAGE],
      maxSendNum: 64,
      startTimeout: 60_000,
    }
  }

  /** The image leaves a board, so that the next load must bring it. */
  async forgetImage(board: RigBoard): Promise<void> {
    await board.exec(['docker', 'rmi', '--force', this.image.tag])
  }

  async end(): Promise<void> {
    await this.client?.release()
    await this.manager?.end('SIGINT')
    await this.rig.down()
  }

  private async startManager(root: string): Promise<void> {
    const { managerAddress, identityFile, knownHostsFile } = this.rig
    const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
    const login = { driver: 'ssh', user: 'root', identity_file: identityFile, known_hosts: knownHostsFile }
    const config = {
      listen: { transport: 'tcp', host: managerAddress, ...ports },
      file_roots: [PROGRAMS, dirname(this.image.file)],
      boards: this.rig.boards().map(({ hostname, address }) => ({ ...login, name: hostname, address })),
      log_level: 'warn',
    }
    const file = join(this.folder, 'cluster.yaml')
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config))
    const args = ['--config', file, '--state', this.stateFolder, '--ready-json', '--exit-with-parent']
    this.manager = Child.start('manager', builtFiles(root).manager, args, this.folder)
    await this.manager.firstLine()
    const readyAtMs = performance.now()
    this.client = await AICluster.connect({ stateFolder: this.stateFolder })
    while ((await this.client.getCoprocessorHandler()).some(({ state }) => state !== 'up')) {
      if (performance.now() - readyAtMs > UP_LIMIT_MS) throw new Error(`no board is up after ${UP_LIMIT_MS / 1_000} s`)
      await sleep(LOOK_EACH_MS)
    }
    this.connectMs = performance.now() - readyAtMs
  }
}
