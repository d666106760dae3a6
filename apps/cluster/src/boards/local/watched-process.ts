import type { ChildProcess } from 'node:child_process'
import { clusterError } from '@aicluster/protocol'
import { groupRemains, isAlive, type ProcessIdentity, signalGroup } from './process-identity'

/** How a program ended; both `null` when it was not our child: nobody tells us then. */
export interface ProcessEnd {
  code: number | null
  signal: string | null
}

/** ms between two looks while somebody waits for the end. */
const STOP_POLL_MS = 20
/** ms that the kernel gets to end what was killed. */
const KILL_WAIT_MS = 5_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** One run of a program, our child or adopted: when it ends, and how to end it. */
export class WatchedProcess {
  readonly identity: ProcessIdentity
  /** ms since 1970. */
  readonly startedAt: number
  /** Resolves when it has ended; never after {@link detach}. */
  readonly ended: Promise<ProcessEnd>
  #unwatch: () => void = () => {}

  private constructor(identity: ProcessIdentity, startedAt: number, watch: (end: (end: ProcessEnd) => void) => () => void) {
    this.identity = identity
    this.startedAt = startedAt
    this.ended = new Promise((resolve) => {
      this.#unwatch = watch(resolve)
    })
  }

  static ofChild(child: ChildProcess, identity: ProcessIdentity, startedAt: number): WatchedProcess {
    return new WatchedProcess(identity, startedAt, (end) => {
      const onExit = (code: number | null, signal: string | null): void => end({ code, signal })
      child.once('exit', onExit)
      return () => child.off('exit', onExit)
    })
  }

  /** @param pollMs - the process is not our child: its number and start time are looked at in this interval */
  static adopted(identity: ProcessIdentity, startedAt: number, pollMs: number): WatchedProcess {
    return new WatchedProcess(identity, startedAt, (end) => {
      const timer = setInterval(() => {
        if (isAlive(identity)) return
        clearInterval(timer)
        end({ code: null, signal: null })
      }, pollMs)
      timer.unref()
      return () => clearInterval(timer)
    })
  }

  /**
   * SIGTERM to the program and what it started, SIGKILL to what is left after `graceMs`. Resolves when nothing is left.
   *
   * What left the process group (`setsid`) is not reached.
   *
   * @throws UnknownError (999): it outlived SIGKILL by 5 s (a driver that hangs, another user's process)
   */
  async stop(graceMs: number): Promise<void> {
    signalGroup(this.identity, 'SIGTERM')
    if (await this.#goneWithin(graceMs)) return
    signalGroup(this.identity, 'SIGKILL')
    if (await this.#goneWithin(KILL_WAIT_MS)) return
    throw clusterError('internal', { detail: `process ${this.identity.pid} does not end, not even by SIGKILL: see its state with ps` })
  }

  /** SIGKILL to its group: to it, if it still runs, and to what it leaves behind: a container is its process group. */
  killRemains(): void {
    signalGroup(this.identity, 'SIGKILL')
  }

  /** Look at it no more. It runs on. */
  detach(): void {
    this.#unwatch()
  }

  async #goneWithin(ms: number): Promise<boolean> {
    const until = performance.now() + ms
    for (;;) {
      if (!isAlive(this.identity) && !groupRemains(this.identity)) return true
      const left = until - performance.now()
      if (left <= 0) return false
      await sleep(Math.min(STOP_POLL_MS, left))
    }
  }
}
