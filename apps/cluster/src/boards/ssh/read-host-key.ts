import { Client, type ServerHostKeyAlgorithm } from 'ssh2'
import { boardError } from '../board-error'
import { hostKeyAlgorithms } from './host-key'
import { openSocket } from './ssh-connection'
import { SshFailure, sshHangs } from './ssh-failure'
import { SSH_TIMES, type SshTarget, type SshTimes, shownTarget } from './ssh-target'

const NOTHING_KNOWN = { fingerprint: undefined, accepted: [], revoked: [] }

export interface ReadHostKeyOptions {
  algorithms?: readonly ServerHostKeyAlgorithm[] | undefined
  signal?: AbortSignal | undefined
}

/**
 * The host key that a machine shows, whether it is known or not; nobody logs in, so nothing is given away.
 *
 * Before somebody accepts it with `acceptHostKey` he should compare its fingerprint with the machine's own.
 *
 * @param options - algorithms: those to ask for, the best first; default every one
 * @returns its wire form
 * @throws SshConnectionError (500): no SSH server answers there; `details.reason` is a {@link SshFailureReason}
 */
export async function readHostKey(
  target: Pick<SshTarget, 'board' | 'address' | 'port' | 'user'>,
  times: SshTimes = SSH_TIMES,
  { algorithms = hostKeyAlgorithms(NOTHING_KNOWN), signal }: ReadHostKeyOptions = {},
): Promise<Buffer> {
  const shown = shownTarget({ ...target, knownHosts: [] })
  const fail = (error: unknown): never => {
    const reason = error instanceof SshFailure ? error.reason : 'unreachable'
    throw boardError(target.board, `read the host key of ${shown}`, error, { reason })
  }
  const socket = await openSocket(target, times.connectMs, signal).catch(fail)
  const client = new Client()
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      client.on('error', (error) => reject(error.level === 'client-timeout' ? sshHangs(times, error) : error))
      client.on('close', () =>
        reject(new SshFailure('unreachable', 'it closed the connection: it is no SSH server, or takes no more connections')),
      )
      client.connect({
        sock: socket,
        username: target.user,
        readyTimeout: times.loginMs,
        algorithms: { serverHostKey: [...algorithms] },
        hostVerifier: (key: Buffer): boolean => {
          resolve(Buffer.from(key))
          return false
        },
      })
    })
  } catch (error) {
    return fail(error)
  } finally {
    client.destroy()
    socket.destroy()
  }
}
