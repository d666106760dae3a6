import type { ContainerLogView } from '@aicluster/protocol'
import type Docker from 'dockerode'
import type { Logger } from 'pino'
import type { BoardContainer, BoardWork, ContainerRuntime, ContainerSpec, StagedFiles } from '../board'
import { boardError } from '../board-error'
import { ExitQueue } from '../local/exit-queue'
import type { Machine } from '../machine'
import { asideName, type ContainerFolders, engineName, foldersOf, instanceIn } from './container-folders'
import { removeAside, renameTo, undoAside } from './engine-aside'
import { readEngineLog } from './engine-log'
import { orMissing, unlessSo, unlessStarted } from './engine-replies'
import { engineRuntime, lastOutputOf, NOTHING_RUNS } from './engine-runtime'
import type { EngineEvent, EngineListener, EngineWatch } from './engine-watch'
import { removeFolder } from './remove-folder'
import { stageAppFiles } from './stage-app-files'
import { startFailure } from './start-failure'

/** What a container has from its board. */
export interface EngineContainerOptions {
  board: string
  spec: ContainerSpec
  /** Engine's id; undefined where the Engine has none of it. */
  id: string | undefined
  machine: () => Promise<Machine>
  /** Where the folders of all containers lie: absolute, or relative to the home folder there. */
  folder: string
  watch: EngineWatch
  logger: Logger
  /** It is gone for good, or let go of. */
  onOver: () => unknown
}

/** What the kernel's killer and everybody else's SIGKILL look like. */
const KILLED = 137

/** A container on an Engine. It lives through every loss of the connection: what needs the machine fails with 500 meanwhile. */
export class EngineContainer implements BoardContainer, EngineListener {
  readonly spec: ContainerSpec
  readonly #options: EngineContainerOptions
  readonly #exits: ExitQueue
  #id: string | undefined
  /** Whether it shall run. */
  #wanted = false
  /** Whether it runs, as far as is known. */
  #alive = false
  /** A start or stop of ours is under way: what it looks like in between means nothing. */
  #changing = 0
  #outOfMemory = false
  #aside = false
  #lastWork: Promise<unknown> = Promise.resolve()
  #lastExit: Promise<void> = Promise.resolve()

  constructor(options: EngineContainerOptions) {
    this.#options = options
    this.spec = options.spec
    this.#id = options.id
    this.#exits = new ExitQueue((error) =>
      options.logger.error({ err: error, container: this.spec.suffixName }, 'onExit of a container threw'),
    )
  }

  get id(): string | undefined {
    return this.#id
  }

  get onExit(): BoardContainer['onExit'] {
    return this.#exits.handler
  }

  set onExit(handler: BoardContainer['onExit']) {
    this.#exits.handler = handler
  }

  /** It runs already. */
  resume(): void {
    this.#wanted = true
    this.#alive = true
    this.#options.watch.add(this)
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#options.watch.add(this)
      this.#wanted = true
      this.#alive = true
      this.#outOfMemory = false
      try {
        const machine = await this.#options.machine()
        await unlessStarted(this.#container(machine).start())
      } catch (error) {
        this.#wanted = false
        this.#alive = false
        throw startFailure(this.#options.board, this.spec.suffixName, error)
      }
    })
  }

  stop(graceMs: number): Promise<void> {
    const wanted = this.#wanted
    this.#wanted = false
    return this.#inTurn(async () => {
      this.#wanted = false
      if (this.#id === undefined) return
      try {
        await this.#doing('stop', (machine) => unlessSo(this.#container(machine).stop({ t: Math.ceil(graceMs / 1000) })))
      } catch (error) {
        // It runs on, as far as anybody knows: its exits are still told.
        this.#wanted = wanted
        throw error
      }
      this.#alive = false
    })
  }

  /** By a restart where it is to be started again: an Engine takes a kill for a stop that is meant to last. */
  kill(): void {
    if (this.#id === undefined || !this.#wanted) return
    const restarts = this.spec.config.restart !== 'never'
    this.#doing('end', async (machine) => {
      const container = this.#container(machine)
      await (restarts ? container.restart({ t: 0 }) : unlessSo(container.kill()))
    }).catch((error) => this.#options.logger.warn({ err: error, container: this.spec.suffixName }, 'a container could not be ended'))
  }

  /** Where it fails, a sweep of its board does the rest: nobody holds it any more. */
  async remove(graceMs: number): Promise<void> {
    try {
      await this.stop(graceMs)
      await this.#doing('remove', async (machine) => {
        if (this.#id !== undefined) await unlessSo(this.#container(machine).remove({ force: true, v: true }))
        const { root, aside, beside } = this.#folders(machine)
        if (this.#aside) await removeFolder(machine, aside)
        // Where it was set aside, another one may have its place; or a later start has undone it.
        if (this.#aside && (await instanceIn(machine, root)) !== this.spec.instance) return
        await removeFolder(machine, root)
        await removeFolder(machine, beside)
      })
    } finally {
      this.#over()
    }
  }

  async setAside(graceMs: number): Promise<void> {
    await this.stop(graceMs)
    await this.#doing('set aside', async (machine) => {
      // It may be there still, or half of it, where it could not be brought back.
      if (!this.#aside) await removeAside(machine, this.#folders(machine), this.spec.suffixName)
      if (this.#id !== undefined) await orMissing(renameTo(this.#container(machine), asideName(this.spec.suffixName)))
      // From here on it can be brought back, also by the next manager.
      this.#aside = true
      const { root, aside } = this.#folders(machine)
      if ((await machine.files.kind(root)) === undefined || (await machine.files.kind(aside)) !== undefined) return
      await machine.files.rename(root, aside)
    })
  }

  async bringBack(): Promise<void> {
    if (!this.#aside) return
    await this.#doing('bring back', (machine) => undoAside(machine, this.#folders(machine), this.spec.suffixName))
    this.#aside = false
  }

  stageFiles(filesFolder: string, work: BoardWork): Promise<StagedFiles> {
    return this.#doing('put files for', (machine) =>
      stageAppFiles(
        {
          place: { board: this.#options.board, name: this.spec.config.name },
          machine: this.#options.machine,
          folders: this.#folders(machine),
        },
        filesFolder,
        work,
      ),
    )
  }

  async readLog(from: { after?: string | undefined; lines: number }): Promise<ContainerLogView> {
    const nothing = { lines: [], next: from.after ?? '0.0' }
    if (this.#id === undefined) return nothing
    return this.#doing('read the log of', async (machine) => (await orMissing(readEngineLog(this.#container(machine), from))) ?? nothing)
  }

  detach(): void {
    this.#wanted = false
    this.#over()
  }

  async runtime(): Promise<ContainerRuntime> {
    if (this.#id === undefined) return NOTHING_RUNS
    return this.#doing('look at', async (machine) => (await orMissing(engineRuntime(this.#container(machine)))) ?? NOTHING_RUNS)
  }

  async lastOutput(): Promise<string> {
    if (this.#id === undefined) return ''
    return this.#doing('read the log of', (machine) => lastOutputOf(this.#container(machine)))
  }

  onEngineEvent({ action, exitCode }: EngineEvent): void {
    if (action === 'start') this.#alive = true
    else if (action === 'oom') this.#outOfMemory = true
    else if (this.#alive) {
      this.#alive = false
      if (!this.#wanted) return
      if (action === 'die') this.#tellExit(exitCode)
      else this.#exits.push({ code: null, signal: null, restarting: false })
    }
  }

  async sync(): Promise<void> {
    if (this.#id === undefined || this.#changing > 0) return
    const info = await orMissing(this.#container(await this.#options.machine()).inspect())
    // Something came meanwhile that is newer than this look.
    if (this.#changing > 0 || !this.#alive || !this.#wanted) return
    if (info && (info.State.Running || info.State.Restarting)) return
    this.onEngineEvent({ action: info ? 'die' : 'destroy', exitCode: info?.State.ExitCode ?? null })
  }

  /** One after another, as they came: the killer of the kernel is only known by looking. */
  #tellExit(code: number | null): void {
    const told = this.#outOfMemory
    this.#outOfMemory = false
    this.#lastExit = this.#lastExit.then(async () => {
      const outOfMemory = told || (code === KILLED && (await this.#wasOutOfMemory()))
      const restarting = this.#wanted && this.spec.config.restart !== 'never'
      this.#exits.push({ code, signal: null, restarting, ...(outOfMemory ? { outOfMemory } : {}) })
    })
  }

  async #wasOutOfMemory(): Promise<boolean> {
    try {
      return (await this.#container(await this.#options.machine()).inspect()).State.OOMKilled
    } catch {
      return false
    }
  }

  #container(machine: Machine): Docker.Container {
    return machine.engine.getContainer(this.#id ?? engineName(this.spec.suffixName))
  }

  #folders(machine: Machine): ContainerFolders {
    return foldersOf(machine, this.#options.folder, this.spec.suffixName)
  }

  #over(): void {
    this.#exits.close()
    this.#options.watch.delete(this)
    this.#options.onOver()
  }

  async #doing<T>(what: string, work: (machine: Machine) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#options.machine())
    } catch (error) {
      throw boardError(this.#options.board, `${what} container "${this.spec.suffixName}"`, error)
    }
  }

  /** One start or stop at a time. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#lastWork.then(async () => {
      this.#changing++
      try {
        await work()
      } finally {
        this.#changing--
      }
    })
    this.#lastWork = result.catch(() => {})
    return result
  }
}
