import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AICluster, ContainerConfig } from '@aicluster/host-sdk'
import { nodeImage, type Rig, type RigBoard, startOwnedRig } from '@aicluster/rig'
import type { ApplicationName } from '../apps/load-shapes'
import type { FaultTally } from '../run/fault-tally'
import { type BoardAction, makeBoardSchedule } from '../schedule/board-schedule'
import { type ChaosInference, INFERENCES, onBoards, PROGRAMS, sourceOnBoards } from '../world/inferences'
import { BoardBreaker } from './board-breaker'
import { BoardWatch } from './board-watch'
import type { Site } from './site'

const BOARDS = 3
/** Each has a container on every board: five programs on one of three boards are enough for two processors. */
const NAMES = ['echo', 'again', 'slow', 'parts']
const APPLICATIONS: readonly ApplicationName[] = ['steady', 'callbacks', 'large', 'aborting', 'crashing', 'streaming']
const UP_LIMIT_MS = 30_000
const LOOK_AGAIN_MS = 100
const UNLOAD_LIMIT_MS = 60_000
/** Where containers see the folder of their journals. */
const JOURNALS = '/journals'

type NodeImage = Awaited<ReturnType<typeof nodeImage>>

/** Three boards that this machine plays, reached over SSH, with containers on their Engines; everything is encrypted. */
export class RigSite implements Site {
  readonly boards = BOARDS
  readonly inferences = INFERENCES.filter(({ name }) => NAMES.includes(name))
  readonly applications = APPLICATIONS
  readonly loadShare = 0.4
  readonly loadLimitMs = 300_000
  readonly schedule = makeBoardSchedule
  readonly watch = new BoardWatch()
  private rig: Rig | undefined
  private image: NodeImage | undefined
  private breaker: BoardBreaker | undefined

  /**
   * @param folder - of the world: containers have it in their environment
   * @param journals - where containers write down what they run
   */
  constructor(
    private readonly folder: string,
    private readonly journals: string,
  ) {}

  get clusterConfig(): object {
    const { managerAddress, identityFile, knownHostsFile } = this.up
    const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
    const login = { driver: 'ssh', user: 'root', identity_file: identityFile, known_hosts: knownHostsFile }
    return {
      file_roots: [PROGRAMS, dirname(this.madeImage.file)],
      // Beyond loopback: encrypted, unless somebody says otherwise.
      listen: { transport: 'tcp', host: managerAddress, ...ports },
      boards: this.up.boards().map(({ hostname, address }) => ({ ...login, name: hostname, address, allowed_run_options: ['--volume'] })),
    }
  }

  /** When which board was broken, in ms since 1970. */
  get absences() {
    return this.breaker?.absences ?? []
  }

  async start(): Promise<void> {
    this.rig = await startOwnedRig(BOARDS)
    this.image = await nodeImage()
    this.breaker = new BoardBreaker(this.rig.boards())
  }

  async connected(cluster: AICluster): Promise<void> {
    const giveUpAtMs = performance.now() + UP_LIMIT_MS
    for (;;) {
      const boards = await cluster.getCoprocessorHandler()
      const down = boards.filter(({ state }) => state !== 'up')
      if (down.length === 0) break
      if (performance.now() > giveUpAtMs) throw new Error(down.map(({ name, reason }) => `${name} is down: ${reason}`).join('; '))
      await sleep(LOOK_AGAIN_MS)
    }
    this.watch.begin(cluster)
  }

  async containerConfig(inference: ChaosInference): Promise<ContainerConfig> {
    return { ...onBoards(inference), ...this.common }
  }

  async sourceConfig(): Promise<ContainerConfig> {
    return { ...sourceOnBoards(), ...this.common }
  }

  async breakBoard(action: BoardAction, tally: FaultTally): Promise<void> {
    await this.breaker?.carryOut(action, tally)
  }

  async leftovers(cluster: AICluster): Promise<string[]> {
    this.watch.end()
    const failed = await cluster.unloadInference({ timeout: UNLOAD_LIMIT_MS }).then(
      () => [],
      (error: Error) => [`unload: ${error.message}`],
    )
    const left = await Promise.all(this.up.boards().map(leftOn))
    return [...failed, ...left.flat()]
  }

  async end(): Promise<void> {
    const { rig } = this
    this.watch.end()
    this.rig = undefined
    await rig?.down()
  }

  private get up(): Rig {
    if (!this.rig) throw new Error('the rig is not up')
    return this.rig
  }

  private get madeImage(): NodeImage {
    if (!this.image) throw new Error('the image is not made')
    return this.image
  }

  private get common() {
    const { file, tag } = this.madeImage
    return {
      implementationType: 'docker' as const,
      imagePath: dirname(file),
      imageFilename: basename(file),
      imageTag: tag,
      scriptPath: PROGRAMS,
      inferenceModules: { subInferenceName: '', script: ['container.js', 'source.js'] },
      runOption: `--volume ${this.journals}:${JOURNALS}`,
      env: { CHAOS_EXECUTIONS: JOURNALS, CHAOS_WORLD: this.folder },
      startTimeout: 60_000,
    }
  }
}

/** Containers and their folders that are on a board, in words. */
async function leftOn(board: RigBoard): Promise<string[]> {
  const containers = await board.exec(['docker', 'ps', '--all', '--format', '{{.Names}}'])
  const files = await board.exec(['find', '/root/.aicluster', '-mindepth', '3', '-maxdepth', '3'])
  const said = (text: string) => text.split('\n').filter((line) => line !== '')
  const problems = containers.code === 0 ? [] : [containers.stderr.trim()]
  return [...problems, ...said(containers.stdout), ...said(files.stdout)].map((what) => `${board.hostname} still has ${what}`)
}
