import { connect, type Socket } from 'node:net'
import type { AIClusterError } from '@aicluster/protocol'
import { Client } from 'ssh2'
import { boardError } from '../board-error'
import { type Credentials, readCredentials } from './credentials'
import { keyType } from './fingerprint'
import { type HostKeyRule, hostKeyAlgorithms, hostKeyRule } from './host-key'
import { Slots } from './slots'
import { loginFailure, RefusedHostKey, SshFailure } from './ssh-failure'
import { SSH_TIMES, type SshTarget, type SshTimes, shownTarget } from './ssh-target'
import { watchSilence } from './watch-silence'

/** Host keys that a machine may have beside the one it was first asked for: each costs a connection. */
const MAX_KEY_TYPES = 4

/** Programs that run at once. OpenSSH lets a connection have 10 sessions (MaxSessions), of which SFTP is one, and one that was given up may go on. */
const SESSIONS = 5

/** One SSH connection that stands. When it goes, everything on it fails. */
export class SshConnection {
  readonly target: SshTarget
  readonly client: Client
  /** Our own address on it: where the machine can reach us. */
  readonly localAddress: string
  /** Those of programs; where the server takes fewer, an open fails. */
  readonly sessions = new Slots(SESSIONS, isOpenFailure)
  /** How many bytes of ours its programs have taken, in steps of some 100 KB: it rises while something is uploaded, and only then. */
  takenBytes = 0
  /** Called once, when the connection is gone without {@link SshConnection.close}. */
  onLost: ((why: AIClusterError) => void) | undefined
  #lost: AIClusterError | undefined
  #closed = false
  readonly #whenLost = new Set<(why: AIClusterError) => void>()
  readonly #socket: Socket

  constructor(target: SshTarget, client: Client, socket: Socket, times: SshTimes) {
    this.target = target
    this.client = client
    this.#socket = socket
    this.localAddress = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:/, '')
    const stopWatching = watchSilence(socket, times.silenceMs, () =>
      this.drop(`nothing came from it for ${times.silenceMs} ms: its link is cut, or it is off`),
    )
    client.on('error', (error) => this.#lose(error))
    for (const event of ['end', 'close']) {
      // Before ssh2 hears of it: what waits on a channel shall fail with the reason, not with the channel's end.
      socket.prependListener(event, () => {
        stopWatching()
        this.#lose('the connection was lost')
      })
    }
  }

  /** Why it is gone, if it is. */
  get lost(): AIClusterError | undefined {
    return this.#lost
  }

  /** Call this once when the connection has gone, at once if it has. Returns what takes it back. */
  whenLost(call: (why: AIClusterError) => void): () => void {
    if (this.#lost) call(this.#lost)
    else this.#whenLost.add(call)
    return () => this.#whenLost.delete(call)
  }

  /** The same as `start`'s promise, but for the connection going first: ssh2 leaves some calls without an answer then. */
  orLost<T>(start: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = this.whenLost(reject)
      if (this.#lost) return
      start().then(resolve, reject).finally(forget)
    })
  }

  /** Count in {@link takenBytes} what goes through a channel. ssh2 has no event for it, but changes its window. */
  countTaken(channel: object): void {
    const { outgoing } = channel as { outgoing: { window: number } }
    let window = outgoing.window
    Object.defineProperty(outgoing, 'window', {
      get: () => window,
      set: (next: number) => {
        // What we send makes it smaller.
        if (next > window) this.takenBytes += next - window
        window = next
      },
    })
  }

  /** It is of no use any more, and counts as lost. */
  drop(why: string): void {
    this.#lose(why)
    // Not end(): a dead machine never answers it.
    this.client.destroy()
  }

  close(): void {
    this.#closed = true
    this.#lose('the connection was closed')
    this.client.end()
    // What the other side still sends is of no use.
    this.#socket.destroySoon()
  }

  #lose(cause: unknown): void {
    if (this.#lost) return
    this.#lost = boardError(this.target.board, `connection to ${shownTarget(this.target)}`, cause, { reason: 'lost' })
    for (const call of [...this.#whenLost]) call(this.#lost)
    this.#whenLost.clear()
    if (!this.#closed) this.onLost?.(this.#lost)
  }
}

/** ssh2 gives the server's reason, a number. */
const isOpenFailure = (error: unknown): boolean => typeof (error as { reason?: unknown } | undefined)?.reason === 'number'

/**
 * Connect and log in.
 *
 * @throws SshConnectionError (500) naming board, cause and what to do; `details.reason` is a {@link SshFailureReason},
 * for a host key with `offered` and `expected` fingerprints
 */
export async function connectSsh(target: SshTarget, times: SshTimes = SSH_TIMES, signal?: AbortSignal): Promise<SshConnection> {
  try {
    const [rule, credentials] = await Promise.all([hostKeyRule(target), readCredentials(target)]).catch((error) => {
      throw new SshFailure('credentials', error.message, { cause: error })
    })
    return await connectWith(target, rule, credentials, times, signal)
  } catch (error) {
    const failure = error instanceof SshFailure ? error : new SshFailure('unreachable', '', { cause: error })
    const cause = failure.message === '' ? failure.cause : failure
    throw boardError(target.board, `connect to ${shownTarget(target)}`, cause, { reason: failure.reason, ...failure.keys })
  }
}

/** A machine has a key of each type, a fingerprint is of one: the others are passed over until that one comes. */
async function connectWith(
  target: SshTarget,
  rule: HostKeyRule,
  credentials: Credentials,
  times: SshTimes,
  signal: AbortSignal | undefined,
): Promise<SshConnection> {
  const passedOver: string[] = []
  let first: RefusedHostKey | undefined
  for (let tries = 0; tries < MAX_KEY_TYPES; tries++) {
    try {
      return await logIn(target, rule, credentials, { times, without: passedOver, signal })
    } catch (error) {
      // Without types left there is no agreement on one: the first refusal tells more.
      if (!(error instanceof RefusedHostKey)) throw first ?? error
      first ??= error
      if (rule.fingerprint === undefined || error.reason !== 'host-key-changed') break
      passedOver.push(keyType(error.key))
    }
  }
  throw first
}

interface LoginOptions {
  times: SshTimes
  without: readonly string[]
  signal: AbortSignal | undefined
}

async function logIn(target: SshTarget, rule: HostKeyRule, credentials: Credentials, options: LoginOptions): Promise<SshConnection> {
  const { times, without, signal } = options
  const socket = await openSocket(target, times.connectMs, signal)
  const client = new Client()
  let refused: RefusedHostKey | undefined
  let onAbort = (): void => {}
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => reject(refused ?? loginFailure(error, target, credentials, times))
      onAbort = () => fail(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      client.once('ready', resolve)
      client.on('error', fail)
      client.on('close', () => fail(new Error('the machine closed the connection during the login')))
      client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => {
        // One question that hides its answer is the one for the password.
        const isPassword = prompts.length === 1 && prompts[0]?.echo !== true
        answer(isPassword && credentials.config.password !== undefined ? [credentials.config.password] : [])
      })
      client.connect({
        sock: socket,
        username: target.user,
        ...credentials.config,
        // Others than OpenSSH know its extensions too; those that do not say so.
        strictVendor: false,
        readyTimeout: times.loginMs,
        // Asked for a sign of life each second; whether one came is seen by watchSilence, which takes any byte as one.
        keepaliveInterval: 1000,
        keepaliveCountMax: Number.MAX_SAFE_INTEGER,
        algorithms: { serverHostKey: hostKeyAlgorithms(rule, without) },
        hostVerifier: (key: Buffer): boolean => {
          refused = RefusedHostKey.of(target, rule, key)
          return refused === undefined
        },
      })
    })
  } catch (error) {
    client.on('error', () => {})
    client.destroy()
    socket.destroy()
    throw error
  } finally {
    // A link's signal outlives thousands of tries.
    signal?.removeEventListener('abort', onAbort)
  }
  client.removeAllListeners('error').removeAllListeners('close').removeAllListeners('keyboard-interactive')
  client.setNoDelay(true)
  return new SshConnection(target, client, socket, times)
}

/** A TCP connection with a limit of our own: the system's is minutes. */
export function openSocket({ address, port }: Pick<SshTarget, 'address' | 'port'>, limitMs: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port })
    const fail = (error: unknown): void => {
      stopWaiting()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(signal?.reason)
    const tooLong = new SshFailure('unreachable', `it did not answer within ${limitMs} ms: is it on, is the address right?`)
    const timer = setTimeout(fail, limitMs, tooLong)
    const stopWaiting = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', fail)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      stopWaiting()
      resolve(socket)
    })
  })
}
