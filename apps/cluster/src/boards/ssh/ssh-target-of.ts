import type { SshBoardConfig } from '../../config/board-config'
import type { SshTarget } from './ssh-target'

/**
 * How the board of a configuration's entry is reached.
 * @param ownKnownHosts - file of the host keys that were accepted here, by `boards add` and `boards trust`: it comes first
 */
export const sshTargetOf = (config: SshBoardConfig, ownKnownHosts: string): SshTarget => ({
  board: config.name,
  address: config.address,
  port: config.port,
  user: config.user,
  identityFile: config.identity_file,
  identityPassphraseFile: config.identity_passphrase_file,
  agent: config.agent,
  passwordFile: config.password_file,
  knownHosts: [ownKnownHosts, config.known_hosts],
  fingerprint: config.fingerprint,
})
