import { type CommandOf, type CoprocessorView, clusterError } from '@aicluster/protocol'
import { acceptShownKey } from '../boards/ssh/accept-shown-key'
import { addToFile } from '../config/edit-boards'
import type { ControlPlane } from '../control-plane/control-plane'
import { parseBoardEntry } from './board-entry'
import { boardView } from './board-view'
import type { CommandCall } from './command-call'

/** Commands that change which boards there are, one at a time: no inference has this name. */
export const BOARDS_LOCK = ':boards'

/** A further board. It is connected to from now on; nothing is loaded onto it by itself. */
export function addBoard(plane: ControlPlane, command: CommandOf<'add_board'>, call: CommandCall): Promise<CoprocessorView> {
  return plane.locks.with([BOARDS_LOCK], async () => {
    const { config, state } = plane.options
    const entry = parseBoardEntry(plane, command.board)
    const board = plane.makeBoard(entry)
    const file = command.write ? requireConfigFile(plane) : undefined
    if (entry.driver === 'ssh' && entry.fingerprint === undefined && command.fingerprint !== undefined) {
      await acceptShownKey(entry, command.fingerprint, state.knownHostsPath, call.signal)
    }
    if (file !== undefined)
      await addToFile(
        file,
        command.board,
        config.boards.map(({ name }) => ({ name })),
      )
    config.boards.push(entry)
    await plane.addBoard(board)
    return boardView(board)
  })
}

/** @throws InvalidArgumentError (302) the manager was started without one */
export function requireConfigFile(plane: ControlPlane): string {
  const { configFile } = plane.options
  if (configFile !== undefined) return configFile
  throw clusterError('invalidParameter', {
    detail:
      'this manager was started without a configuration file: give it one (--config), or change the boards of this manager alone (--no-write)',
  })
}
