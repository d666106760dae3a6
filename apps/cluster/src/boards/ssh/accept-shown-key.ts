import type { SshBoardConfig } from '../../config/board-config'
import { boardError } from '../board-error'
import { fingerprintOf } from './fingerprint'
import { acceptHostKey, expectedFingerprints, hostKeyRule } from './host-key'
import { offeredHostKey } from './offered-host-key'
import { shownTarget } from './ssh-target'
import { sshTargetOf } from './ssh-target-of'

/**
 * Accept the host key that a machine shows now, if it has this fingerprint.
 *
 * @param file - where it is written; what stood there for this machine goes
 * @returns the fingerprints that were accepted before
 * @throws SshConnectionError (500): the machine cannot be reached, or shows another key, or this one is revoked; nothing has changed
 */
export async function acceptShownKey(config: SshBoardConfig, fingerprint: string, file: string, signal?: AbortSignal): Promise<string[]> {
  const target = sshTargetOf(config, file)
  const rule = await hostKeyRule(target)
  const key = await offeredHostKey(target, rule, { wanted: fingerprint, signal })
  const doing = `accept the host key of ${shownTarget(target)}`
  const shown = fingerprintOf(key)
  if (shown !== fingerprint) throw boardError(config.name, doing, `it shows ${shown}, not ${fingerprint}`, { offered: shown })
  if (rule.revoked.some((revoked) => revoked.equals(key))) throw boardError(config.name, doing, 'it is revoked in known_hosts')
  await acceptHostKey(file, config.address, config.port, key)
  return expectedFingerprints(rule).filter((known) => known !== fingerprint)
}
