import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { ContainerLogView } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { BoardContainer, BoardWork, ContainerRuntime, ContainerSpec, StagedFiles } from '../board'
import { managerPlace } from '../manager-place'
import { asideOf } from './aside'
import { startError } from './container-errors'
import { ExitQueue } from './exit-queue'
import type { LocalLimits } from './local-limits'
import { ProcessLog } from './process-log'
import { type ProcessRecord, readProcessRecord, writeProcessRecord } from './process-record'
import { UsageMeter } from './process-usage'
import { absentFile, commandWords } from './program'
import { RestartBackoff } from './restart-backoff'
import { stageFiles } from './staged-files'
import { readyProgram } from './start-program'
import { type ProcessEnd, WatchedProcess } from './watched-process'

/** What a container has from its board. */
export interface LocalContainerOptions {
  board: string
  spec: ContainerSpec
  /** Absolute: the container's own. */
  folder: string
  limits: LocalLimits
  /** ms since 1970. */
  now: () => number
  logger: Logger
}

/** A program on this machine that is kept running. Its folder is made by the board. */
export class LocalContainer implements BoardContainer {
  readonly spec: ContainerSpec
  readonly #options: LocalContainerOptions
  readonly #log: ProcessLog
  readonly #backoff: RestartBackoff
  readonly #exits: ExitQueue
  #process: WatchedProcess | undefined
  #usage: UsageMeter | undefined
  /** Whether it shall run: false once stopped, detached, or ended with restart 'never'. */
  #wanted = false
  #aside = false
  #restarts = 0
  #startedAt: number
  #outputBefore: Promise<string> = Promise.resolve('')
  #restartTimer: NodeJS.Timeout | undefined
  #logTimer: NodeJS.Timeout | undefined
  #lastWork: Promise<unknown> = Promise.resolve()

  constructor(options: LocalContainerOptions) {
    this.#options = options
    this.spec = options.spec
    this.#log = new ProcessLog(options.folder, options.limits)
    this.#backoff = new RestartBackoff(options.limits)
    this.#exits = new ExitQueue((error) =>
      options.logger.error({ err: error, container: this.spec.suffixName }, 'onExit of a container threw'),
    )
    this.#startedAt = options.now()
  }

  get onExit(): BoardContainer['onExit'] {
    return this.#exits.handler
  }

  set onExit(handler: BoardContainer['onExit']) {
    this.#exits.handler = handler
  }

  /** Take over the living program of `record`. */
  resume(record: ProcessRecord): void {
    this.#wanted = true
    this.#restarts = record.restarts
    this.#log.resume(record.logOffsets)
    const { pid, startTime } = record
    this.#watch(WatchedProcess.adopted({ pid, startTime }, Date.parse(record.startedAt), this.#options.limits.adoptedPollMs))
  }

  /** It does not run; what it was is known from its last run. */
  rest(record: ProcessRecord | undefined): void {
    if (!record) return
    this.#restarts = record.restarts
    this.#startedAt = Date.parse(record.startedAt)
    this.#log.resume(record.logOffsets)
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#process) return
      clearTimeout(this.#restartTimer)
      this.#restartTimer = undefined
      this.#backoff.reset()
      this.#wanted = true
      try {
        await this.#run(this.#restarts)
      } catch (error) {
        this.#wanted = false
        throw startError(this.#options.board, this.spec.suffixName, error)
      }
    })
  }

  stop(graceMs: number): Promise<void> {
    this.#giveUp()
    return this.#inTurn(async () => {
      this.#giveUp()
      const process = this.#process
      if (!process) return
      await process.stop(graceMs)
      this.#unwatch(process)
    })
  }

  kill(): void {
    this.#process?.killRemains()
  }

  async remove(graceMs: number): Promise<void> {
    await this.stop(graceMs)
    this.#exits.close()
    const { folder } = this.#options
    if (this.#aside) await rm(asideOf(folder), { recursive: true, force: true })
    // Where it was set aside, another one may have its place; or a later start has undone it.
    if (this.#aside && readProcessRecord(folder)?.instance !== this.spec.instance) return
    await rm(folder, { recursive: true, force: true })
  }

  async setAside(graceMs: number): Promise<void> {
    await this.stop(graceMs)
    const { folder } = this.#options
    // It could not be started, and has no files either.
    if (!this.#aside && !existsSync(folder)) return
    const aside = asideOf(folder)
    if (!this.#aside) await rm(aside, { recursive: true, force: true })
    // It may be there still, where it could not be brought back.
    if (!existsSync(aside)) await rename(folder, aside)
    this.#aside = true
  }

  async bringBack(): Promise<void> {
    const { folder } = this.#options
    if (this.#aside && existsSync(asideOf(folder))) {
      await rm(folder, { recursive: true, force: true })
      await rename(asideOf(folder), folder)
    }
    this.#aside = false
  }

  stageFiles(filesFolder: string, work: BoardWork): Promise<StagedFiles> {
    return stageFiles({ board: this.#options.board, name: this.spec.config.name }, filesFolder, this.#options.folder, work)
  }

  readLog(from: { after?: string | undefined; lines: number }): Promise<ContainerLogView> {
    return this.#log.read(from, this.#process === undefined)
  }

  detach(): void {
    this.#giveUp()
    this.#exits.close()
    if (this.#process) this.#unwatch(this.#process)
  }

  async runtime(): Promise<ContainerRuntime> {
    const usage = await this.#usage?.read(this.#options.now())
    return {
      state: this.#state(),
      createdAt: new Date(this.#startedAt).toISOString(),
      pid: this.#process?.identity.pid ?? null,
      restarts: this.#restarts,
      cpuPercent: usage?.cpuPercent ?? null,
      memoryBytes: usage?.memoryBytes ?? null,
      memoryPercent: usage?.memoryPercent ?? null,
      readBytes: usage?.readBytes ?? null,
      writtenBytes: usage?.writtenBytes ?? null,
    }
  }

  /** As long as a run that follows an exit is young and silent, that of the run before: it says why it ended. */
  async lastOutput(): Promise<string> {
    const output = await this.#log.tail()
    const young = this.#backoff.exitsInRow > 0 && this.#options.now() - this.#startedAt < this.#options.limits.restartResetMs
    return output === '' && young ? this.#outputBefore : output
  }

  likelyOversight(): Promise<string | undefined> {
    return absentFile(commandWords(this.spec.config.run_command ?? []), this.#options.folder)
  }

  #state(): ContainerRuntime['state'] {
    if (this.#process) return 'running'
    if (!this.#wanted) return 'exited'
    return this.#backoff.crashLoop ? 'crash-loop' : 'restarting'
  }

  /** One start or stop at a time. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#lastWork.then(work)
    this.#lastWork = result.catch(() => {})
    return result
  }

  #giveUp(): void {
    this.#wanted = false
    clearTimeout(this.#restartTimer)
    this.#restartTimer = undefined
  }

  /** @throws Error saying why it does not start */
  async #run(restarts: number): Promise<void> {
    const { folder } = this.#options
    const program = await readyProgram(this.spec, folder)
    await this.#log.rotate()
    // Stopped or detached meanwhile. From here to the record nothing waits (but for a start that fails).
    if (!this.#wanted) return
    const starting = program.start(this.#log)
    const { child, identity } = starting instanceof Promise ? await starting : starting
    const startedAt = this.#options.now()
    this.#restarts = restarts
    const process = WatchedProcess.ofChild(child, identity, startedAt)
    try {
      const { instance, environment } = this.spec
      const run = { startedAt: new Date(startedAt).toISOString(), restarts, manager: managerPlace(environment) }
      writeProcessRecord(folder, { version: 1, instance, ...identity, ...run, logOffsets: this.#log.offsets })
    } catch (error) {
      process.detach()
      process.killRemains()
      throw error
    }
    this.#watch(process)
  }

  #watch(process: WatchedProcess): void {
    this.#process = process
    this.#startedAt = process.startedAt
    this.#usage = new UsageMeter(process.identity.pid, process.startedAt)
    this.#logTimer = setInterval(() => {
      this.#log
        .rotate()
        .catch((error: unknown) => this.#options.logger.warn({ err: error, container: this.spec.suffixName }, 'log not rotated'))
    }, this.#options.limits.logCheckMs)
    this.#logTimer.unref()
    void process.ended.then((end) => this.#ended(process, end))
  }

  #unwatch(process: WatchedProcess): void {
    process.detach()
    clearInterval(this.#logTimer)
    if (this.#process === process) this.#process = undefined
    this.#usage = undefined
  }

  #ended(process: WatchedProcess, end: ProcessEnd): void {
    if (this.#process !== process) return
    this.#unwatch(process)
    // A stop is under way: it takes care of the rest of the group, in its grace time.
    if (!this.#wanted) return
    process.killRemains()
    this.#outputBefore = this.#log.tail().catch(() => '')
    this.#afterExit(end, this.#options.now() - process.startedAt)
  }

  #afterExit(end: ProcessEnd, ranMs: number): void {
    const restarting = this.spec.config.restart !== 'never'
    const delayMs = this.#backoff.exited(ranMs)
    this.#options.logger.warn(
      { container: this.spec.suffixName, ...end, ranMs, ...(restarting ? { restartInMs: delayMs } : {}) },
      'container exited',
    )
    if (restarting) {
      this.#restartTimer = setTimeout(() => void this.#inTurn(() => this.#restart()), delayMs)
      this.#restartTimer.unref()
    } else {
      this.#wanted = false
    }
    this.#exits.push({ ...end, restarting })
  }

  async #restart(): Promise<void> {
    if (!this.#wanted || this.#process) return
    try {
      await this.#run(this.#restarts + 1)
    } catch (error) {
      if (!this.#wanted) return
      try {
        this.#log.note(startError(this.#options.board, this.spec.suffixName, error).message)
      } catch (noteError) {
        this.#options.logger.warn({ err: noteError, container: this.spec.suffixName }, 'a failed start could not be noted in stderr.log')
      }
      this.#afterExit({ code: null, signal: null }, 0)
    }
  }
}
