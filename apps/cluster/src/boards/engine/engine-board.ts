import type { ContainerConfig, ImageView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { BoardContainer, BoardWork, ContainerSpec, ImageDeletion } from '../board'
import type { Machine } from '../machine'

/** What an {@link EngineBoard} is given. */
export interface EngineBoardOptions {
  /** Of the board. */
  name: string
  clusterId: string
  /** Where the folders of its containers lie on the machine: absolute, or relative to the home folder there. */
  folder: string
  /** The machine as it is connected now. @throws SshConnectionError (500) it cannot be reached */
  machine: () => Promise<Machine>
  /** Options of `run_option` that reach beyond a container and are allowed all the same: `device`, `volume`… */
  allowedRunOptions: readonly string[]
  /** Folders of the machine that every container sees at the same place: those of Unix sockets. */
  sharedFolders?: readonly string[]
  logger: Logger
  /** ms since 1970. */
  now?: () => number
}

/** Containers of type `docker` and `nvidia` on one machine: what an ssh board is made of, and a local board next to its processes. */
export class EngineBoard {
  readonly #options: EngineBoardOptions

  constructor(options: EngineBoardOptions) {
    this.#options = options
  }

  /** See {@link Board.check}. @throws InvalidArgumentError (201, 301, 302), SshConnectionError (500) */
  async check(_config: ContainerConfig): Promise<void> {
    throw this.#todo()
  }

  /** See {@link Board.create}. `spec.environment` must already name an address at which the manager is reached from there. */
  async create(_spec: ContainerSpec, _work: BoardWork = {}): Promise<BoardContainer> {
    throw this.#todo()
  }

  /** See {@link Board.adopt}. @throws SshConnectionError (500) */
  async adopt(_spec: ContainerSpec): Promise<BoardContainer | undefined> {
    throw this.#todo()
  }

  /** See {@link Board.rest}. @throws SshConnectionError (500) */
  async rest(_spec: ContainerSpec): Promise<BoardContainer> {
    throw this.#todo()
  }

  /** See {@link Board.images}. @throws SshConnectionError (500) */
  async images(): Promise<ImageView[]> {
    throw this.#todo()
  }

  /** See {@link Board.deleteImage}. @throws SshConnectionError (500) */
  async deleteImage(_imageId: string): Promise<ImageDeletion> {
    throw this.#todo()
  }

  /** See {@link Board.sweep}; what is just being created here stays. @throws SshConnectionError (500) */
  async sweep(_known: ReadonlySet<string>): Promise<void> {
    throw this.#todo()
  }

  /** The machine can be reached (again): exits that happened meanwhile are told soon, instead of within a second. */
  connected(): void {}

  /** Nothing is watched any more; the containers run on. */
  close(): void {}

  #todo(): Error {
    return new Error(`${this.#options.name}: not yet`)
  }
}
