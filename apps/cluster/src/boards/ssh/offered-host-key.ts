import { Client } from 'ssh2'
import { boardError } from '../board-error'
import { fingerprintOf, keyType } from './fingerprint'
import { type HostKeyRule, hostKeyAlgorithms } from './host-key'
import { openSocket } from './ssh-connection'
import { SSH_TIMES, type SshTarget, type SshTimes, shownTarget } from './ssh-target'

/** Host keys that a machine may have: each costs a connection. */
const MAX_KEY_TYPES = 4

/**
 * The host key that a machine shows, without logging in: what is known of it makes it show a key of the known type first.
 *
 * @param fingerprint - the key that is looked for, of whatever type; where the machine has none such, its first key is returned
 * @throws SshConnectionError (500): it cannot be reached, or does not speak SSH
 */
export async function offeredHostKey(
  target: SshTarget,
  rule: HostKeyRule,
  { fingerprint, times = SSH_TIMES, signal }: { fingerprint?: string | undefined; times?: SshTimes; signal?: AbortSignal | undefined } = {},
): Promise<Buffer> {
  const passedOver: string[] = []
  let first: Buffer | undefined
  while (passedOver.length < MAX_KEY_TYPES) {
    let key: Buffer
    try {
      key = await shownKey(target, rule, passedOver, times, signal)
    } catch (cause) {
      // Without types left there is no agreement on one.
      if (first) return first
      throw boardError(target.board, `ask ${shownTarget(target)} for its host key`, cause, { reason: 'unreachable' })
    }
    first ??= key
    if (fingerprint === undefined || fingerprintOf(key) === fingerprint) return key
    passedOver.push(keyType(key))
  }
  return first as Buffer
}

/** Connect until the machine has shown a key, and no further. */
async function shownKey(
  target: SshTarget,
  rule: HostKeyRule,
  without: readonly string[],
  times: SshTimes,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const socket = await openSocket(target, times.connectMs, signal)
  const client = new Client()
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      client.on('error', (error) => reject(hangs(error, times)))
      client.on('close', () => reject(new Error('the machine closed the connection before it showed a key')))
      client.connect({
        sock: socket,
        username: target.user,
        readyTimeout: times.loginMs,
        algorithms: { serverHostKey: hostKeyAlgorithms(rule, without) },
        hostVerifier: (key: Buffer): boolean => {
          resolve(key)
          return false
        },
      })
    })
  } finally {
    client.on('error', () => {})
    client.destroy()
    socket.destroy()
  }
}

const hangs = (error: Error & { level?: unknown }, times: SshTimes): Error =>
  error.level === 'client-timeout'
    ? new Error(`its SSH server did not answer within ${times.loginMs} ms: it hangs, or this is no SSH server`, { cause: error })
    : error
