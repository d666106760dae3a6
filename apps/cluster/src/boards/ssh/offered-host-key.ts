import { fingerprintOf, keyType } from './fingerprint'
import { type HostKeyRule, hostKeyAlgorithms } from './host-key'
import { readHostKey } from './read-host-key'
import type { SshTarget } from './ssh-target'

/** Host keys that a machine may have: each costs a connection. */
const MAX_KEY_TYPES = 4

/**
 * The host key that a machine shows to somebody who knows what we know: one of a known type, if it has such.
 *
 * @param wanted - fingerprint of the key that is looked for, of whatever type; where the machine has none such, its first key is returned
 * @throws SshConnectionError (500): no SSH server answers there
 */
export async function offeredHostKey(
  target: SshTarget,
  rule: HostKeyRule,
  { wanted, signal }: { wanted?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Buffer> {
  const first = await readHostKey(target, undefined, { algorithms: hostKeyAlgorithms(rule), signal })
  const passedOver: string[] = []
  let key = first
  while (wanted !== undefined && fingerprintOf(key) !== wanted) {
    passedOver.push(keyType(key))
    const algorithms = hostKeyAlgorithms(rule, passedOver)
    if (passedOver.length >= MAX_KEY_TYPES || algorithms.length === 0) return first
    try {
      key = await readHostKey(target, undefined, { algorithms, signal })
    } catch {
      signal?.throwIfAborted()
      // It has no key of another type.
      return first
    }
  }
  return key
}
