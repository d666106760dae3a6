import { Client } from 'ssh2'
import { boardError } from '../board-error'
import { hostKeyAlgorithms } from './host-key'
import { openSocket } from './ssh-connection'
import { SshFailure } from './ssh-failure'
import { SSH_TIMES, type SshTarget, type SshTimes, shownTarget } from './ssh-target'

/**
 * The host key that a machine shows, whether it is known or not; nobody logs in, so nothing is given away.
 *
 * Before somebody accepts it with `acceptHostKey` he should compare its fingerprint with the machine's own.
 *
 * @returns its wire form
 * @throws SshConnectionError (500): no SSH server answers there; `details.reason` is a {@link SshFailureReason}
 */
export async function readHostKey(
  target: Pick<SshTarget, 'board' | 'address' | 'port' | 'user'>,
  times: SshTimes = SSH_TIMES,
): Promise<Buffer> {
  const shown = shownTarget({ ...target, knownHosts: [] })
  const fail = (error: unknown): never => {
    const reason = error instanceof SshFailure ? error.reason : 'unreachable'
    throw boardError(target.board, `read the host key of ${shown}`, error, { reason })
  }
  const socket = await openSocket(target, times.connectMs, undefined).catch(fail)
  const client = new Client()
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      client.on('error', (error) => reject(error.level === 'client-timeout' ? hangs(times) : error))
      client.on('close', () =>
        reject(new SshFailure('unreachable', 'it closed the connection: it is no SSH server, or takes no more connections')),
      )
      client.connect({
        sock: socket,
        username: target.user,
        readyTimeout: times.loginMs,
        algorithms: { serverHostKey: hostKeyAlgorithms({ fingerprint: undefined, accepted: [], revoked: [] }) },
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

const hangs = ({ loginMs }: SshTimes): SshFailure =>
  new SshFailure('hangs', `its SSH server did not answer within ${loginMs} ms: it hangs, or this is no SSH server`)
