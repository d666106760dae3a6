import { type CommandOf, clusterError, type TrustView } from '@aicluster/protocol'
import { acceptShownKey } from '../boards/ssh/accept-shown-key'
import type { SshBoardConfig } from '../config/board-config'
import type { ControlPlane } from '../control-plane/control-plane'
import type { CommandCall } from './command-call'
import { requireBoard } from './select'

/** Accept the host key that a board shows now, if it is the one that was meant, in the place of what was known. */
export async function trustBoard(plane: ControlPlane, command: CommandOf<'trust_board'>, call: CommandCall): Promise<TrustView> {
  const { coprocessor_name: name, fingerprint } = command
  const board = requireBoard(plane, name)
  const entry = requireTrustable(plane, name)
  const replaced = await acceptShownKey(entry, fingerprint, plane.options.state.knownHostsPath, call.signal)
  // It may be left alone for a while, after so many refusals.
  board.retry?.()
  return { name, fingerprint, replaced }
}

/** @throws InvalidArgumentError (302) there is nothing to trust */
function requireTrustable(plane: ControlPlane, name: string): SshBoardConfig {
  const entry = plane.options.config.boards.find((one) => one.name === name)
  const refuse = (why: string) =>
    clusterError('invalidParameter', { detail: `board "${name}": ${why}`, details: { coprocessor_name: name } })
  if (entry?.driver !== 'ssh') throw refuse('it is this machine and has no host key')
  if (entry.fingerprint !== undefined) {
    throw refuse(`its fingerprint ${entry.fingerprint} stands in the configuration: change it there, and start the manager again`)
  }
  return entry
}
