import { type ContainerConfig, clusterError, type ImageView } from '@aicluster/protocol'
import type { ContainerInspectInfo, ImageInspectInfo } from 'dockerode'
import type { Logger } from 'pino'
import type { BoardContainer, BoardWork, ContainerSpec, ImageDeletion, IsKnown } from '../board'
import { boardError } from '../board-error'
import type { Machine } from '../machine'
import { environmentOf, findsManager } from '../manager-place'
import { absoluteCopies, makeAppFolder } from './app-files'
import { checkEngineConfig, checkEngineVersion, gpuAccessFor, runOptionsOf } from './check-engine-config'
import { type ContainerFolders, engineName, FOLDER_NAME, foldersOf, instanceIn } from './container-folders'
import { CLUSTER_LABEL, INSTANCE_LABEL, SPEC_LABEL } from './container-labels'
import { createBody } from './create-body'
import { isAside, removeByName, undoAside } from './engine-aside'
import { EngineContainer } from './engine-container'
import { orMissing, unlessSo } from './engine-replies'
import { EngineWatch } from './engine-watch'
import { ImageStore } from './image-store'
import { imageUser } from './image-user'
import { putCopy } from './put-copies'
import { removeFolder } from './remove-folder'
import { writeSecrets } from './secret-files'
import { finishFiles } from './stage-app-files'
import { startFailure } from './start-failure'
import { sweepEngine } from './sweep-engine'

/** What an {@link EngineBoard} is given. */
export interface EngineBoardOptions {
  /** Of the board. */
  name: string
  clusterId: string
  /** Whether the cluster has a board of this name now: several may share one Engine. Left out: no other one. */
  isBoard?: ((name: string) => boolean) | undefined
  /** Where the folders of its containers lie on the machine: absolute, or relative to the home folder there. */
  folder: string
  /** The machine as it is connected now. @throws SshConnectionError (500) it cannot be reached */
  machine: () => Promise<Machine>
  /** Options of `run_option` that reach beyond a container and are allowed all the same: `device`, `volume`… */
  allowedRunOptions: readonly string[]
  /** Folders of the machine that every container sees at the same place: those of Unix sockets. */
  sharedFolders?: readonly string[]
  logger: Logger
}

/** What the Engine has under a container's name, and what it is to become. */
interface Making {
  machine: Machine
  spec: ContainerSpec
  folders: ContainerFolders
  existing: ContainerInspectInfo | undefined
  /** Its files are there already. */
  itsOwn: boolean
}

/** Containers of type `docker` and `nvidia` on one machine: what an ssh board is made of, and a local board next to its processes. */
export class EngineBoard {
  readonly #options: EngineBoardOptions
  readonly #images: ImageStore
  readonly #watch: EngineWatch
  /** What is made or held here just now: no sweep touches it. */
  readonly #held = new Set<Pick<ContainerSpec, 'suffixName' | 'instance'>>()

  constructor(options: EngineBoardOptions) {
    const { name, machine, clusterId } = options
    const logger = options.logger.child({ board: name })
    this.#options = { ...options, logger }
    this.#images = new ImageStore(name, machine)
    this.#watch = new EngineWatch({ clusterId, machine, logger })
  }

  /** See {@link Board.check}. @throws InvalidArgumentError (201, 301, 302), SshConnectionError (500) */
  async check(config: ContainerConfig): Promise<void> {
    const { name: board, allowedRunOptions } = this.#options
    const place = { board, name: config.name }
    await checkEngineConfig(place, config, allowedRunOptions)
    const machine = await this.#options.machine()
    await checkEngineVersion(board, machine)
    await gpuAccessFor(place, config, runOptionsOf(place, config, allowedRunOptions), machine)
    await this.#images.check(config)
  }

  /** See {@link Board.prepare}. @throws InvalidArgumentError (201, 301, 302), SshConnectionError (500), the signal's reason */
  async prepare(config: ContainerConfig, work: BoardWork): Promise<void> {
    await this.#images.ensure(config, work)
  }

  /**
   * See {@link Board.create}. `spec.environment` must already name an address at which the manager is reached from there.
   *
   * Files of the same instance are used again, and so is what the Engine has of it if it would be made the same way.
   *
   * @throws ContainerStartError (311) the Engine cannot start it; InvalidArgumentError (201, 301, 302); SshConnectionError (500);
   *   the signal's reason; whatever was not there before is gone again
   */
  async create(spec: ContainerSpec, work: BoardWork = {}): Promise<BoardContainer> {
    this.#checkName(spec)
    const held = { ...spec }
    this.#held.add(held)
    let making: Making | undefined
    try {
      making = await this.#look(spec)
      const image = await this.#image(making, work)
      return await this.#make(making, image, work)
    } catch (error) {
      if (making && !making.itsOwn) await this.#undo(making)
      work.signal?.throwIfAborted()
      throw startFailure(this.#options.name, spec.suffixName, error)
    } finally {
      // From here on its container holds it, if there is one.
      this.#held.delete(held)
    }
  }

  /**
   * See {@link Board.adopt}; one that looks for the manager where it is not is left to `create`.
   *
   * @param isOurs - whether the manager is at this address too, beside that of `spec.environment`
   * @throws SshConnectionError (500)
   */
  async adopt(spec: ContainerSpec, isOurs: (address: string) => boolean = () => false): Promise<BoardContainer | undefined> {
    this.#checkName(spec)
    return this.#doing(`take over container "${spec.suffixName}"`, async (machine) => {
      const { folders, existing } = await this.#undoneAside(machine, spec)
      if (!existing || !isOf(existing, spec) || !isUp(existing)) return undefined
      if (!findsManager(environmentOf(existing.Config.Env), spec.environment, isOurs)) {
        this.#options.logger.warn({ container: spec.suffixName }, 'a container looks for the manager where it is no more: it is made anew')
        return undefined
      }
      await finishFiles(machine, spec, folders)
      const container = this.#container(spec, existing.Id)
      container.resume()
      return container
    })
  }

  /** See {@link Board.rest}. @throws SshConnectionError (500) */
  async rest(spec: ContainerSpec): Promise<BoardContainer> {
    this.#checkName(spec)
    return this.#doing(`look after container "${spec.suffixName}"`, async (machine) => {
      const { folders, existing } = await this.#undoneAside(machine, spec)
      await finishFiles(machine, spec, folders)
      const own = existing && isOf(existing, spec) ? existing : undefined
      if (own && isUp(own)) await unlessSo(machine.engine.getContainer(own.Id).stop({ t: 0 }))
      return this.#container(spec, own?.Id)
    })
  }

  /** See {@link Board.images}. @throws SshConnectionError (500) */
  images(): Promise<ImageView[]> {
    return this.#images.list()
  }

  /** See {@link Board.deleteImage}. @throws SshConnectionError (500) */
  deleteImage(imageId: string): Promise<ImageDeletion> {
    return this.#images.delete(imageId)
  }

  /** See {@link Board.sweep}; what is being made or held here stays. @throws SshConnectionError (500) */
  async sweep(isKnown: IsKnown): Promise<void> {
    const { clusterId, name, folder, logger, isBoard = () => false } = this.#options
    await this.#doing('clear away what an earlier manager left', (machine) =>
      sweepEngine(machine, {
        ...{ clusterId, board: name, isBoard, folder, logger },
        isKnown: ({ instance, suffixName }) =>
          isKnown({ instance, suffixName }) ||
          this.#holds((held) => (instance === undefined ? held.suffixName === suffixName : held.instance === instance)),
      }),
    )
  }

  /** The machine can be reached (again): exits that happened meanwhile are told soon, instead of within a second. */
  connected(): void {
    this.#watch.poke()
  }

  /** Nothing is watched any more; the containers run on. */
  close(): void {
    this.#watch.close()
  }

  #holds(matches: (held: Pick<ContainerSpec, 'suffixName' | 'instance'>) => boolean): boolean {
    return [...this.#held].some(matches)
  }

  /** @throws SshConnectionError (500); ContainerStartError (311): the name is somebody else's */
  async #look(spec: ContainerSpec): Promise<Making> {
    return this.#doing(`look for container "${spec.suffixName}"`, async (machine) => {
      // First: what is undone removes what has the name.
      const there = await orMissing(machine.engine.getContainer(engineName(spec.suffixName)).inspect())
      if (there && there.Config.Labels[CLUSTER_LABEL] !== this.#options.clusterId) throw this.#taken(spec, there)
      const { folders, existing } = await this.#undoneAside(machine, spec)
      return { machine, spec, folders, existing, itsOwn: (await instanceIn(machine, folders.root)) === spec.instance }
    })
  }

  #taken(spec: ContainerSpec, existing: ContainerInspectInfo): Error {
    const owner = existing.Config.Labels[CLUSTER_LABEL]
    const whose = owner === undefined ? 'is not of AICluster' : `is of the cluster ${owner}`
    return clusterError('containerStart', {
      detail: `board "${this.#options.name}": its Engine has a container ${engineName(spec.suffixName)} already, which ${whose}: remove or rename it`,
      details: { board: this.#options.name, container: spec.suffixName },
    })
  }

  async #image({ machine, spec, itsOwn, existing }: Making, work: BoardWork): Promise<ImageInspectInfo> {
    try {
      return (await this.#images.ensure(spec.config, work)).image
    } catch (error) {
      // The tar may be gone from the manager's machine by now: what the container was made from will do.
      if ((error as { code?: unknown }).code !== 301 || !itsOwn || !existing) throw error
      return machine.engine.getImage(existing.Image).inspect()
    }
  }

  async #make(making: Making, image: ImageInspectInfo, work: BoardWork): Promise<BoardContainer> {
    const { machine, spec, folders, itsOwn } = making
    const { name: board, clusterId, allowedRunOptions, sharedFolders = [], logger } = this.#options
    const place = { board, name: spec.config.name }
    const options = runOptionsOf(place, spec.config, allowedRunOptions)
    const gpu = await gpuAccessFor(place, spec.config, options, machine)
    work.onPhase?.('copy')
    if (itsOwn) await finishFiles(machine, spec, folders)
    else {
      // Its files are below what is removed next.
      if (making.existing) await removeByName(machine, making.existing.Id)
      await makeAppFolder(place, machine, spec, folders, work)
    }
    work.signal?.throwIfAborted()
    work.onPhase?.('create')
    const body = createBody({ board, clusterId, spec, image, options, folders, gpu, sharedFolders })
    const id = await this.#engineContainer(making, body, work)
    const userName = options.container.User ?? image.Config.User ?? ''
    const user = await imageUser(machine.engine.getContainer(id), userName)
    await writeSecrets(place, machine, { spec, folders, user, userName })
    work.signal?.throwIfAborted()
    const container = this.#container(spec, id)
    await container.start().catch((error) => {
      container.detach()
      throw error
    })
    logger.debug({ container: spec.suffixName, image: image.Id }, 'container started')
    return container
  }

  /** What the Engine has of it is used again if it would be made the same way. Returns its id; it does not run. */
  async #engineContainer({ machine, spec, folders, existing, itsOwn }: Making, body: ReturnType<typeof createBody>, work: BoardWork) {
    const { engine, files } = machine
    if (itsOwn && existing?.Config.Labels[SPEC_LABEL] === body.Labels?.[SPEC_LABEL] && existing) {
      await unlessSo(engine.getContainer(existing.Id).stop({ t: 0 }))
      return existing.Id
    }
    if (itsOwn && existing) await removeByName(machine, existing.Id)
    // A mount needs what it mounts.
    await files.makeFolder(folders.secret, 0o700)
    const { id } = await engine.createContainer({ ...body, name: engineName(spec.suffixName) })
    for (const { entry } of absoluteCopies(spec)) await putCopy(engine.getContainer(id), entry, work)
    return id
  }

  /** Nothing stays that was not there. Where the connection is lost, nobody waits for another one: a sweep does it later. */
  async #undo({ machine, spec, folders }: Making): Promise<void> {
    try {
      const there = await orMissing(machine.engine.getContainer(engineName(spec.suffixName)).inspect())
      if (there && isOf(there, spec)) await removeByName(machine, there.Id)
      await removeFolder(machine, folders.root)
    } catch (error) {
      this.#options.logger.warn({ container: spec.suffixName, err: error }, 'what a failed start has left could not be removed')
    }
  }

  /**
   * What the Engine has of a container. A manager that died while it replaced it, or could not bring it back, has left it aside: it
   * has its place again, and what came there is gone.
   */
  async #undoneAside(machine: Machine, spec: ContainerSpec) {
    const folders = foldersOf(machine, this.#options.folder, spec.suffixName)
    if (await isAside(machine, folders, spec.suffixName, spec.instance)) await undoAside(machine, folders, spec.suffixName)
    const existing = await orMissing(machine.engine.getContainer(engineName(spec.suffixName)).inspect())
    return { folders, existing }
  }

  #container(spec: ContainerSpec, id: string | undefined): EngineContainer {
    const { name: board, folder, machine, logger } = this.#options
    const held = { ...spec }
    this.#held.add(held)
    const onOver = () => this.#held.delete(held)
    return new EngineContainer({ board, spec, id, machine, folder, watch: this.#watch, logger, onOver })
  }

  async #doing<T>(what: string, work: (machine: Machine) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#options.machine())
    } catch (error) {
      throw boardError(this.#options.name, what, error)
    }
  }

  /** @throws (302) for a name that is no folder name */
  #checkName({ suffixName }: ContainerSpec): void {
    if (FOLDER_NAME.test(suffixName)) return
    const detail = `board "${this.#options.name}": container name ${JSON.stringify(suffixName)} must be 1 to 255 characters of A-Z a-z 0-9 . _ -`
    throw clusterError('invalidParameter', { detail, details: { board: this.#options.name, field: 'suffixName', value: suffixName } })
  }
}

const isOf = ({ Config }: ContainerInspectInfo, { instance }: ContainerSpec): boolean => Config.Labels[INSTANCE_LABEL] === instance

const isUp = ({ State }: ContainerInspectInfo): boolean => State.Running || State.Restarting
