import { AIClusterError, type ContainerConfig, clusterError, type ProgressView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { Board, BoardContainer, BoardWork, ContainerSpec, StagedFiles } from '../boards/board'
import { isBoardFailure } from '../boards/board-failure'
import type { Sources } from '../given/placed-config'
import { servedNames } from '../registry/container-config-rules'
import type { ContainerRecord } from '../registry/inference-record'
import { boardWork } from './board-work'
import type { Boards } from './boards'
import { ContainerSpecs, type SpecOptions } from './container-specs'
import { ContainerStart, startError } from './container-start'
import type { DataPlaneClient } from './data-plane-client'

/** How long a container that has just exited gets for its last words to reach the file, in ms. */
const LAST_WORDS_MS = 50

export interface FleetOptions extends SpecOptions {
  boards: Pick<Boards, 'get'>
  dataPlane: DataPlaneClient
  log: Logger
  stopTimeoutMs: number
  /**
   * A registered container is about to be started with another token: a manager that dies from here on leaves one that its successor
   * knows. It does not fail: on a full disk it is better started than not.
   */
  keep(inferenceName: string, record: ContainerRecord): Promise<void>
  /** @throws InvalidArgumentError (302) the board may not run such a program, whoever asks */
  requireAllowed(config: ContainerConfig, board: string): void
  /** Something has failed on a board, with a registered container if one is named: it is not to stay so. */
  lookAgain(board: string, instance?: string): void
}

/** What goes along with the start of a container: how to hear that it is given up, and to whom to tell how far it is. */
export interface FleetWork {
  readonly signal: AbortSignal
  report(phase: ProgressView['phase'], bytes?: { done: number; total: number }): void
}

/** Nobody asked for it: it cannot be given up. */
export const UNATTENDED: FleetWork = { signal: new AbortController().signal, report() {} }

export interface StartOptions {
  startTimeoutMs: number
  work: FleetWork
  /** Whether the files that were put for the inference lie over those of its config. */
  withFiles: boolean
  /** Inference names whose distribution to it is off from the beginning. */
  distributionOff?: string[] | undefined
}

/** What a container that cannot reach the manager any more has to end in, in ms. */
const CUT_OFF_STOP_MS = 1_000

/** As its program is told. */
const boardOf = ({ environment }: ContainerSpec): string => environment.AICLUSTER_BOARD ?? ''

/** The containers that this manager runs: start, adopt, watch, stop. Knows boards and the data plane, nothing of commands. */
export class ContainerFleet {
  private readonly running = new Map<string, BoardContainer>()
  private readonly starting = new Map<string, ContainerStart>()
  /** On their way out. */
  private readonly leaving = new Map<string, BoardContainer>()
  /** Their board was lost while they got a new token: they may run with one or the other. */
  private readonly tokenUnsure = new Set<string>()
  private readonly specs: ContainerSpecs

  constructor(private readonly options: FleetOptions) {
    this.specs = new ContainerSpecs(options)
  }

  get(instance: string): BoardContainer | undefined {
    return this.running.get(instance)
  }

  /** The data plane says that this container takes requests. */
  onReady(instance: string): void {
    this.starting.get(instance)?.ready()
  }

  /** Containers that run, are being made, or are on their way out: what a board has beside them and what is registered is nobody's. */
  get known(): Iterable<Pick<ContainerSpec, 'instance' | 'suffixName'>> {
    const containers = [...this.running.values(), ...this.leaving.values()].map(({ spec }) => spec)
    return [...containers, ...[...this.starting.values()].map(({ spec }) => spec)]
  }

  /** A board has gone down: what is being started there is given up. */
  onBoardDown(board: string, failure: Error): void {
    for (const starting of this.starting.values()) if (starting.board === board) starting.fail(failure)
  }

  /**
   * Start a new container and wait until it could take requests. It gets none before {@link ContainerFleet.release}: whoever takes it
   * back loses nothing.
   * @throws ContainerStartError (311) when its program ends or is not ready in time, with its last output; RequestAbortedError (312);
   *   nothing of it is left
   */
  async start(sources: Sources, suffixName: string, boardName: string, options: StartOptions): Promise<ContainerRecord> {
    const { record, spec } = await this.prepare(sources, suffixName, boardName, options)
    await this.run(spec, boardName, options, async (container, cause) => {
      this.running.delete(spec.instance)
      if (!container) return
      if (!isBoardFailure(cause, boardName)) return container.remove(this.options.stopTimeoutMs)
      container.detach()
      throw cause
    })
    return record
  }

  /**
   * Start a registered container anew, with the files it has, and wait until it takes requests.
   * @returns its record: it has another token
   * @throws ContainerStartError (311), RequestAbortedError (312): it does not run then, and keeps its files
   */
  async startAgain(sources: Sources, earlier: ContainerRecord, options: StartOptions): Promise<ContainerRecord> {
    await this.running.get(earlier.instance)?.stop(this.options.stopTimeoutMs)
    const { record, spec } = await this.prepare(sources, earlier.suffix_name, earlier.board, options, earlier)
    try {
      await this.run(spec, earlier.board, options, async (container, cause) => {
        if (container && isBoardFailure(cause, earlier.board)) throw cause
        await container?.stop(this.options.stopTimeoutMs)
      })
    } catch (error) {
      await this.onNoNewToken(sources, earlier, error)
      throw error
    }
    this.tokenUnsure.delete(record.instance)
    return record
  }

  /** What was started, and is registered now, gets requests. */
  async release(instance: string): Promise<void> {
    await this.options.dataPlane.call('setHeld', { instance, held: false })
  }

  /**
   * @param giveUp - what becomes of the container, if there is one by then, when it does not get ready; where its board is lost, nobody
   *   waits for the board, and the error is thrown again
   */
  private async run(
    spec: ContainerSpec,
    boardName: string,
    { startTimeoutMs, work }: StartOptions,
    giveUp: (container: BoardContainer | undefined, cause: unknown) => Promise<void>,
  ): Promise<void> {
    let container: BoardContainer | undefined
    const { signal } = work
    const start = new ContainerStart(boardName, spec, signal)
    this.starting.set(spec.instance, start)
    try {
      signal.throwIfAborted()
      container = await this.board(boardName).create(spec, boardWork(work))
      work.report('start')
      this.watch(container)
      await start.readyWithin(startTimeoutMs)
      work.report('ready')
    } catch (cause) {
      await this.options.dataPlane.call('forgetContainer', spec.instance)
      const output = container && !signal.aborted && !isBoardFailure(cause, boardName) ? await this.lastWords(container) : ''
      const oversight = await container?.likelyOversight?.()
      // On a board that is gone it stays behind until the board comes back.
      await giveUp(container, cause).catch((error) => this.leave(spec, error))
      if (isBoardFailure(cause, boardName)) this.options.lookAgain(boardName)
      if (!container || cause instanceof AIClusterError) throw cause
      throw startError(spec.suffixName, boardName, cause, output, oversight)
    } finally {
      start.end()
      this.starting.delete(spec.instance)
    }
  }

  /** A registered container may connect, with the token that it has; whether it runs nobody has looked. */
  async expectAgain({ config }: Sources, record: ContainerRecord): Promise<void> {
    await this.expect(config, record, { adopted: true })
  }

  /**
   * Take over a container that runs on its board already.
   * @returns whether it does; if not, its files may still be there
   */
  async adopt(sources: Sources, record: ContainerRecord): Promise<boolean> {
    if (this.tokenUnsure.has(record.instance) || this.running.get(record.instance)?.stopUnsure) {
      await this.rest(sources, record)
      return false
    }
    const adopted = await this.board(record.board).adopt(this.specs.of(sources, record))
    if (!adopted) return false
    if ((record.public_key !== undefined) !== (this.options.serverKey !== undefined)) {
      // CURVE was switched on or off: it could not connect any more, and would wait for that until its time is over.
      await adopted.stop(Math.min(this.options.stopTimeoutMs, CUT_OFF_STOP_MS))
      return false
    }
    this.watch(adopted)
    return true
  }

  /** Start a registered container anew, with the files it has, without waiting: should it not start, it is tried again and again. */
  async restart(sources: Sources, record: ContainerRecord): Promise<ContainerRecord> {
    const fresh = await this.prepare(sources, record.suffix_name, record.board, { withFiles: true }, record)
    // It may be about to start its program again itself.
    this.running.get(record.instance)?.detach()
    try {
      this.watch(await this.board(record.board).create(fresh.spec))
    } catch (error) {
      await this.onNoNewToken(sources, record, error)
      throw error
    }
    this.tokenUnsure.delete(record.instance)
    return fresh.record
  }

  /** Where its board was lost, what is registered counts on: it is looked at again when the board is back. */
  private async onNoNewToken(sources: Sources, record: ContainerRecord, error: unknown): Promise<void> {
    if (!isBoardFailure(error)) return
    this.tokenUnsure.add(record.instance)
    this.options.lookAgain(record.board, record.instance)
    if (!record.stopped) await this.expectAgain(sources, record)
  }

  /** A container that somebody has stopped, under an earlier manager. */
  async rest(sources: Sources, record: ContainerRecord): Promise<void> {
    this.watch(await this.board(record.board).rest(this.specs.of(sources, record)))
  }

  /** End a container's program; it keeps its files. The data plane must have forgotten it. */
  async stop(instance: string): Promise<void> {
    const container = this.running.get(instance)
    await container?.stop(this.options.stopTimeoutMs).catch((error) => {
      this.options.lookAgain(boardOf(container.spec), instance)
      throw error
    })
  }

  /** Stop a container and put its files out of the way. The data plane must have forgotten it. */
  async setAside(instance: string): Promise<void> {
    await this.running.get(instance)?.setAside(this.options.stopTimeoutMs)
  }

  /** Its files are back in place; it does not run. */
  async bringBack(instance: string): Promise<void> {
    await this.running.get(instance)?.bringBack()
  }

  /** Lay files beside those of a container; see {@link BoardContainer.stageFiles}. */
  async stageFiles(instance: string, filesFolder: string, work: BoardWork): Promise<StagedFiles | undefined> {
    return this.running.get(instance)?.stageFiles(filesFolder, work)
  }

  /** End a program that hangs, as if it had crashed: its board starts it anew, with the usual back-off. */
  killHung(instance: string): void {
    this.running.get(instance)?.kill()
  }

  /** Stop a container and delete its files. The data plane must have forgotten it. */
  async remove(instance: string): Promise<void> {
    const container = this.running.get(instance)
    this.running.delete(instance)
    this.tokenUnsure.delete(instance)
    if (!container) return
    container.onExit = undefined
    this.leaving.set(instance, container)
    try {
      await container.remove(this.options.stopTimeoutMs)
    } finally {
      this.leaving.delete(instance)
    }
  }

  /** Its board cannot be reached: it may run on, until its board is back and sweeps away what nobody knows. The data plane must have forgotten it. */
  forget(instance: string): void {
    this.running.get(instance)?.detach()
    this.running.delete(instance)
    this.tokenUnsure.delete(instance)
  }

  /** Like {@link ContainerFleet.remove}; what fails on its board is left until that is looked at again, where nobody knows it any more. */
  async removeOrLeave(instance: string): Promise<void> {
    const container = this.running.get(instance)
    await this.remove(instance).catch((error) => {
      if (!container) throw error
      this.leave(container.spec, error)
    })
  }

  /** End all programs; what is registered stays registered. */
  async stopAll(graceMs: number): Promise<void> {
    await Promise.all(
      [...this.running.values()].map((container) => {
        container.onExit = undefined
        return container.stop(graceMs).catch((error) => this.leave(container.spec, error))
      }),
    )
  }

  /** Leave all programs running for the next manager. */
  detachAll(): void {
    for (const container of this.running.values()) container.detach()
    this.running.clear()
  }

  private leave(spec: ContainerSpec, error: unknown): void {
    if (!isBoardFailure(error)) throw error
    const board = boardOf(spec)
    this.options.log.warn(
      { container: spec.suffixName, inference: spec.config.name, board, reason: error.message },
      'a container is left behind, until its board is looked at again',
    )
    this.options.lookAgain(board)
  }

  private board(name: string): Board {
    const board = this.options.boards.get(name)
    if (!board)
      throw clusterError('coprocessorNotFound', { detail: `${name} is not a board of this cluster`, details: { coprocessor_name: name } })
    return board
  }

  private async prepare(
    sources: Sources,
    suffixName: string,
    board: string,
    { withFiles, distributionOff = [] }: Pick<StartOptions, 'withFiles' | 'distributionOff'>,
    earlier?: ContainerRecord,
  ): Promise<{ record: ContainerRecord; spec: ContainerSpec }> {
    this.options.requireAllowed(sources.config, board)
    const { record, spec } = this.specs.fresh(sources, { suffixName, board, distributionOff, withFiles }, earlier)
    await this.expect(sources.config, record, { held: earlier === undefined })
    if (earlier) await this.options.keep(sources.config.name, { ...record, stopped: earlier.stopped })
    return { record, spec }
  }

  private expect(
    config: ContainerConfig,
    record: ContainerRecord,
    { adopted = false, held = false }: { adopted?: boolean; held?: boolean },
  ): Promise<void> {
    return this.options.dataPlane.call('expectContainer', {
      instance: record.instance,
      suffixName: record.suffix_name,
      board: record.board,
      names: servedNames(config),
      maxSendNum: config.max_send_num ?? 1,
      tokenSha256: record.token_sha256,
      ...(record.public_key ? { publicKey: record.public_key } : {}),
      paused: record.distribution_off,
      held,
      adopted,
    })
  }

  private watch(container: BoardContainer): void {
    const { instance, suffixName } = container.spec
    const before = this.running.get(instance)
    if (before && before !== container) before.detach()
    this.running.set(instance, container)
    container.onExit = (exit) => {
      this.options.log.warn({ container: suffixName, ...exit }, 'container exited')
      this.starting.get(instance)?.onExit(exit)
    }
  }

  private async lastWords(container: BoardContainer): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))
    return container.lastOutput().catch(() => '')
  }
}
