import type { AIClusterError } from '@aicluster/protocol'
import { boardError } from '../board-error'
import type { Machine } from '../machine'
import { connectSsh, type SshConnection } from './ssh-connection'
import type { SshFailureReason } from './ssh-failure'
import { SshMachine } from './ssh-machine'
import { SSH_TIMES, type SshTarget, type SshTimes, shownTarget } from './ssh-target'

export interface SshLinkOptions {
  target: SshTarget
  /** Path, on the machine, of its Docker Engine's socket. */
  engineSocket: string
  times?: Partial<SshTimes>
  /** Delay after the first failed try, in ms; each further one doubles it. Default 500. Not of refusals: see {@link REFUSED_FIRST_MS}. */
  retryFirstMs?: number
  /** Longest delay, in ms; default 10,000. */
  retryMaxMs?: number
  /** How long `machine()` waits while a connection is being made, in ms; default 1000. Half of it after a loss, whose silence was waited for. */
  waitMs?: number
  /** From 0 to 1: spreads the delays of many links. */
  random?: () => number
  /** Starts a timer; returns what clears it. */
  after?: (ms: number, run: () => void) => () => void
  /** ms, never set back. */
  now?: () => number
  /** How a machine is reached; for tests. */
  open?: (signal: AbortSignal) => Promise<LinkedMachine>
}

/** A machine on a connection that stands. */
export interface LinkedMachine {
  machine: SshMachine
  connection: Pick<SshConnection, 'onLost' | 'lost' | 'localAddress' | 'close'>
}

/** This part of a delay is left to chance. */
const JITTER = 0.5
/**
 * Delay after a try that the machine refused, or whose host key we did, in ms; each further one makes it four times as long. Machines
 * that shut out whoever fails to log in (fail2ban: five times in ten minutes) must not shut us out.
 */
const REFUSED_FIRST_MS = 15_000
const REFUSED_MAX_MS = 300_000
const REFUSALS: ReadonlySet<unknown> = new Set<SshFailureReason>([
  'login-refused',
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
])
/** A connection that stood for so long was a good one. */
const STEADY_MS = 5000

const afterMs = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** Keeps one machine connected: connects, and after a loss connects again, until it is closed. */
export class SshLink {
  /** A connection stands. */
  onUp: ((machine: SshMachine) => void) | undefined
  /** The connection was lost, or a try failed for another reason than the last one. */
  onDown: ((reason: AIClusterError) => void) | undefined
  readonly #options: SshLinkOptions
  readonly #closing = new AbortController()
  #linked: LinkedMachine | undefined
  #reason: AIClusterError | undefined
  /** While a try is under way. */
  #trying: Promise<void> | undefined
  #cancelRetry: (() => void) | undefined
  #failures = 0
  /** Since it was connected last: a machine that is away for a while in between has not changed its mind. */
  #refusals = 0
  #upAtMs = 0
  /** Somebody was told that it is up, and not yet that it is down. */
  #wasUp = false
  readonly #now: () => number

  constructor(options: SshLinkOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** Begin; set `onUp` and `onDown` before. */
  start(): void {
    this.#try()
  }

  /** The machine if it is connected now. */
  get connected(): SshMachine | undefined {
    return this.#linked?.machine
  }

  /** Our own address on the connection; undefined while there is none. */
  get localAddress(): string | undefined {
    return this.#linked?.connection.localAddress
  }

  /** Why there is no connection; undefined while there is one, or the first try is under way. */
  get reason(): AIClusterError | undefined {
    return this.#linked ? undefined : this.#reason
  }

  /**
   * The machine. Waits a moment while a connection is being made.
   *
   * @throws SshConnectionError (500) with the reason of the last failure
   */
  async machine(): Promise<Machine> {
    if (!this.#linked && this.#trying) await this.#orWaited(this.#trying)
    if (this.#linked) return this.#linked.machine
    throw this.#reason ?? this.#error('it is still being connected to: try again in a moment')
  }

  /** Do not wait for the next try: somebody has mended what was wrong. */
  retryNow(): void {
    this.#failures = this.#refusals = 0
    if (!this.#linked) this.#try()
  }

  /** Close the connection; there are no further tries and no further calls. */
  close(): void {
    this.#closing.abort(this.#error('its connection was closed'))
    this.#reason = this.#closing.signal.reason
    this.#cancelRetry?.()
    this.#linked?.connection.close()
    this.#linked = undefined
  }

  #try(): void {
    if (this.#trying || this.#closing.signal.aborted) return
    this.#cancelRetry?.()
    this.#trying = this.#connect().finally(() => {
      this.#trying = undefined
    })
  }

  async #connect(): Promise<void> {
    try {
      const linked = await (this.#options.open ?? this.#open)(this.#closing.signal)
      if (this.#closing.signal.aborted) return linked.connection.close()
      if (linked.connection.lost) throw linked.connection.lost
      this.#linked = linked
      this.#refusals = 0
      this.#upAtMs = this.#now()
      this.#wasUp = true
      linked.connection.onLost = (why) => this.#lost(why)
      this.onUp?.(linked.machine)
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#failed(boardError(this.#options.target.board, 'connect', error))
    }
  }

  readonly #open = async (signal: AbortSignal): Promise<LinkedMachine> => {
    const { target, times, engineSocket } = this.#options
    const connection = await connectSsh(target, { ...SSH_TIMES, ...times }, signal)
    try {
      return { connection, machine: await SshMachine.on(connection, engineSocket) }
    } catch (error) {
      connection.close()
      throw error
    }
  }

  #lost(why: AIClusterError): void {
    this.#linked = undefined
    // A machine that lets us in and throws us out again is not asked without a pause.
    if (this.#now() - this.#upAtMs < STEADY_MS) return this.#failed(why)
    this.#failures = 0
    this.#reason = why
    this.#wasUp = false
    this.onDown?.(why)
    // The first try follows at once: a glitch is over by then, or the machine was started anew.
    this.#try()
  }

  #failed(why: AIClusterError): void {
    const news = this.#reason?.message !== why.message || this.#wasUp
    this.#wasUp = false
    this.#reason = why
    const { after = afterMs } = this.#options
    this.#cancelRetry = after(REFUSALS.has(why.details.reason) ? this.#refusedDelayMs() : this.#delayMs(), () => this.#try())
    if (news) this.onDown?.(why)
  }

  #delayMs(): number {
    const { retryFirstMs = 500, retryMaxMs = 10_000, random = Math.random } = this.#options
    return Math.min(retryMaxMs, retryFirstMs * 2 ** this.#failures++) * (1 - JITTER * random())
  }

  /** Nothing is left to chance: it counts how often we come, not when. */
  #refusedDelayMs(): number {
    return Math.min(REFUSED_MAX_MS, REFUSED_FIRST_MS * 4 ** this.#refusals++)
  }

  async #orWaited(trying: Promise<void>): Promise<void> {
    const { waitMs = 1000, after = afterMs } = this.#options
    const limitMs = this.#reason ? waitMs / 2 : waitMs
    let cancel: (() => void) | undefined
    const waited = new Promise<void>((resolve) => {
      cancel = after(limitMs, resolve)
    })
    await Promise.race([trying, waited])
    cancel?.()
  }

  #error(what: string): AIClusterError {
    return boardError(this.#options.target.board, `connection to ${shownTarget(this.#options.target)}`, what)
  }
}
