import { readdir, rename, rm } from 'node:fs/promises'
import { arch, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { type BoardTelemetryView, type ContainerConfig, clusterError, type ImageView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { Board, BoardAbout, BoardContainer, BoardState, BoardWork, ContainerSpec, ImageDeletion, IsKnown } from '../board'
import { suffixNameOf } from '../engine/container-folders'
import { findsManager } from '../manager-place'
import { asideOf } from './aside'
import { checkConfig } from './check-config'
import { startError } from './container-errors'
import { makeContainerFolder, writeSecrets } from './container-files'
import { LocalContainer } from './local-container'
import { DEFAULT_LIMITS, type LocalLimits } from './local-limits'
import { isAlive } from './process-identity'
import { readProcessRecord } from './process-record'
import { programsOf } from './programs-of'
import type { SharedTelemetry } from './shared-telemetry'
import { finishFiles } from './staged-files'
import { WatchedProcess } from './watched-process'

export interface LocalBoardOptions {
  name: string
  /** What selects it together with others; default none. */
  labels?: Readonly<Record<string, string>>
  /** Absolute: this board's folder inside the manager's state folder. Made (0700) with the first container. */
  folder: string
  logger: Logger
  limits?: Partial<LocalLimits>
  /** How the machine fares; left out: nothing is measured. */
  telemetry?: SharedTelemetry | undefined
  /** ms since 1970. */
  now?: () => number
}

/** One part of a path that is neither hidden nor `.` nor `..`. */
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/

/** Node's names of processors as Docker has them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** This machine: containers are processes that outlive the manager and are adopted by the next one. */
export class LocalBoard implements Board {
  readonly name: string
  readonly ip = '127.0.0.1'
  readonly driver = 'local'
  /** This machine is always there. */
  readonly state: BoardState
  readonly about: BoardAbout = {
    engineVersion: null,
    architecture: ARCHITECTURES[arch()] ?? arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    gpus: null,
  }
  onState: Board['onState']
  readonly labels: Readonly<Record<string, string>>
  readonly #folder: string
  readonly #logger: Logger
  readonly #limits: LocalLimits
  readonly #telemetry: SharedTelemetry | undefined
  readonly #now: () => number

  constructor(options: LocalBoardOptions) {
    this.name = options.name
    this.labels = options.labels ?? {}
    this.#folder = options.folder
    this.#logger = options.logger.child({ board: options.name })
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#telemetry = options.telemetry
    this.#now = options.now ?? Date.now
    this.state = { state: 'up', since: new Date(this.#now()).toISOString() }
  }

  get telemetry(): BoardTelemetryView | undefined {
    return this.#telemetry?.latest
  }

  open(): void {
    this.#telemetry?.start(this)
  }

  async close(): Promise<void> {
    this.#telemetry?.stop(this)
  }

  async reach(): Promise<void> {}

  async check(config: ContainerConfig): Promise<void> {
    await checkConfig(this.name, config)
  }

  /**
   * Resolves as soon as the program runs: an exit after that comes through `onExit`, which may be set right then without missing one.
   *
   * Files of the same instance (its program ended while no manager ran) are used again; any others under the name are replaced.
   */
  async create(spec: ContainerSpec, work: BoardWork = {}): Promise<BoardContainer> {
    const folder = this.#folderOf(spec)
    await this.#undoAside(spec, folder)
    // Outside of what is undone: were it not to end, its record must stay.
    await this.#endLeftover(spec.suffixName, folder)
    const itsOwn = readProcessRecord(folder)?.instance === spec.instance
    try {
      if (itsOwn) {
        await finishFiles(spec.filesFolder, folder)
        await writeSecrets(folder, spec)
      } else {
        await this.check(spec.config)
        await makeContainerFolder(this.name, spec, folder, work)
      }
      const container = this.#container(spec, folder)
      await container.start()
      return container
    } catch (error) {
      if (!itsOwn) await rm(folder, { recursive: true, force: true })
      throw startError(this.name, spec.suffixName, error)
    }
  }

  async adopt(spec: ContainerSpec): Promise<BoardContainer | undefined> {
    const folder = this.#folderOf(spec)
    await this.#undoAside(spec, folder)
    const record = readProcessRecord(folder)
    if (record?.instance !== spec.instance || !isAlive(record)) return undefined
    // It would wait for a manager that does not come, and end.
    if (record.manager && !findsManager(record.manager, spec.environment)) return undefined
    await finishFiles(spec.filesFolder, folder)
    const container = this.#container(spec, folder)
    container.resume(record)
    return container
  }

  async rest(spec: ContainerSpec): Promise<BoardContainer> {
    const folder = this.#folderOf(spec)
    await this.#undoAside(spec, folder)
    await this.#endLeftover(spec.suffixName, folder)
    await finishFiles(spec.filesFolder, folder)
    const container = this.#container(spec, folder)
    container.rest(readProcessRecord(folder))
    return container
  }

  /** There is no Engine on a local board: its containers are processes. */
  async images(): Promise<ImageView[]> {
    return []
  }

  /** There are none. */
  async deleteImage(imageId: string): Promise<ImageDeletion> {
    return { id: imageId, tags: [], deleted: true }
  }

  async sweep(isKnown: IsKnown): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const folder = join(this.#folder, name)
      const suffixName = suffixNameOf(name)
      // One that is being made has no record yet.
      if (suffixName === name && isKnown({ suffixName })) continue
      if (isKnown({ instance: readProcessRecord(folder)?.instance, suffixName })) continue
      await this.#endLeftover(name, folder)
      await rm(folder, { recursive: true, force: true })
    }
  }

  #container(spec: ContainerSpec, folder: string): LocalContainer {
    return new LocalContainer({ board: this.name, spec, folder, limits: this.#limits, now: this.#now, logger: this.#logger })
  }

  /** A manager that died while it replaced this container, or could not bring it back, has left its files aside: what came in their place is gone. */
  async #undoAside(spec: ContainerSpec, folder: string): Promise<void> {
    if (readProcessRecord(asideOf(folder))?.instance !== spec.instance) return
    await this.#endLeftover(spec.suffixName, folder)
    await rm(folder, { recursive: true, force: true })
    await rename(asideOf(folder), folder)
  }

  /** What nobody adopted still runs in the folder, recorded or not: two programs of one container must not. */
  async #endLeftover(suffixName: string, folder: string): Promise<void> {
    const record = readProcessRecord(folder)
    const unrecorded = programsOf(folder).filter(({ pid }) => pid !== record?.pid)
    for (const program of record && isAlive(record) ? [record, ...unrecorded] : unrecorded) {
      const leftoverPid = program.pid
      this.#logger.warn({ container: suffixName, leftoverPid }, 'ending a process that an earlier manager left under this name')
      const leftover = WatchedProcess.adopted(program, this.#now(), this.#limits.adoptedPollMs)
      leftover.detach()
      await leftover.stop(0)
    }
  }

  /** @throws (302) for a name that is no folder name */
  #folderOf(spec: ContainerSpec): string {
    if (FOLDER_NAME.test(spec.suffixName)) return join(this.#folder, spec.suffixName)
    const detail = `board "${this.name}": container name ${JSON.stringify(spec.suffixName)} must be 1 to 255 characters of A-Z a-z 0-9 . _ -`
    throw clusterError('invalidParameter', { detail, details: { board: this.name, field: 'suffixName', value: spec.suffixName } })
  }
}
