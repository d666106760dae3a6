import { plainCause } from '../plain-cause'
import type { Credentials } from './credentials'
import { fingerprintOf, keyType } from './fingerprint'
import { expectedFingerprints, type HostKeyRefusal, type HostKeyRule, refusalOf, refusalText } from './host-key'
import type { SshTarget, SshTimes } from './ssh-target'

/** What kept us from a machine; in the error's `details.reason`. */
export type SshFailureReason = HostKeyRefusal | 'unreachable' | 'hangs' | 'login-refused' | 'credentials' | 'shell' | 'lost'

/** Why connecting failed, in words; becomes a 500 at the edge. An empty message: the cause says it. */
export class SshFailure extends Error {
  readonly reason: SshFailureReason
  /** Fingerprints, where it is about the host key. */
  readonly keys: Readonly<Record<string, unknown>> = {}

  constructor(reason: SshFailureReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The machine showed a key that we do not accept. */
export class RefusedHostKey extends SshFailure {
  readonly key: Buffer
  override readonly keys: Readonly<Record<string, unknown>>

  private constructor(target: SshTarget, rule: HostKeyRule, refusal: HostKeyRefusal, key: Buffer) {
    super(refusal, refusalText(target, rule, refusal, key))
    this.key = key
    this.keys = { offered: fingerprintOf(key), offeredType: keyType(key), expected: expectedFingerprints(rule) }
  }

  /** Undefined: the key is accepted. */
  static of(target: SshTarget, rule: HostKeyRule, key: Buffer): RefusedHostKey | undefined {
    const refusal = refusalOf(rule, key)
    return refusal && new RefusedHostKey(target, rule, refusal, key)
  }
}

/** It took the connection, and said nothing. */
export const sshHangs = ({ loginMs }: SshTimes, cause?: unknown): SshFailure =>
  new SshFailure(
    'hangs',
    `its SSH server did not answer within ${loginMs} ms: it hangs, or this is no SSH server: is the port right? If so, start it anew there`,
    { cause },
  )

/** What ssh2 says of a login, in words. */
export function loginFailure(error: unknown, target: SshTarget, credentials: Credentials, times: SshTimes): unknown {
  const { level, message } = error as { level?: unknown; message?: unknown }
  const text = String(message)
  if (level === 'client-timeout') return sshHangs(times, error)
  if (level === 'client-authentication') {
    const asks = `is its public key in ~/.ssh/authorized_keys there?`
    // An agent that holds no key says nothing of it.
    const cure = target.agent === undefined ? asks : `does the agent hold the key ("ssh-add -l" lists them), and ${asks}`
    const words = `user "${target.user}" was not let in with ${credentials.tried}: ${cure}`
    return new SshFailure('login-refused', words, { cause: error })
  }
  if (level === 'agent') {
    const words = `${credentials.tried} cannot be used: ${plainCause(error)}: does the agent run, as the manager's user?`
    return new SshFailure('credentials', words, { cause: error })
  }
  if (/no matching (host key|.*)/i.test(text) && level === 'handshake') {
    return new SshFailure('unreachable', `its SSH server and we have no algorithm in common (${plainCause(error)})`, { cause: error })
  }
  return error
}
