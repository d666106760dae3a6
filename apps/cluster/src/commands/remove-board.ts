import { type CommandOf, clusterError } from '@aicluster/protocol'
import { removeFromFile } from '../config/edit-boards'
import type { ControlPlane } from '../control-plane/control-plane'
import { BOARDS_LOCK, requireConfigFile } from './add-board'
import { requireBoard } from './select'

/** A board goes on which nothing is registered. Its machine is left as it is. */
export function removeBoard(plane: ControlPlane, command: CommandOf<'remove_board'>): Promise<Record<string, never>> {
  return plane.locks.with([BOARDS_LOCK], async () => {
    const { config } = plane.options
    const { coprocessor_name: name } = command
    requireBoard(plane, name)
    requireEmpty(plane, name)
    const others = config.boards.filter((board) => board.name !== name)
    if (others.length === 0)
      throw clusterError('invalidParameter', { detail: `board "${name}" is the last one: a cluster has one at least` })
    if (command.write)
      await removeFromFile(
        requireConfigFile(plane),
        name,
        others.map((board) => ({ name: board.name })),
      )
    // The same turn as the last look: no command can have chosen it in between.
    requireEmpty(plane, name)
    config.boards.splice(0, config.boards.length, ...others)
    await plane.removeBoard(name)
    return {}
  })
}

/** @throws InvalidOperationError (303) containers are there */
function requireEmpty(plane: ControlPlane, board: string): void {
  const registered = plane.registry.all().filter((record) => record.boards.includes(board))
  const names = registered.map(({ config }) => config.name)
  if (names.length === 0 && !plane.boards.isHeld(board)) return
  throw clusterError('processesInUse', {
    detail: `board "${board}": ${names.length > 0 ? `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} registered there` : 'something is being loaded there'}; unload first: aicluster unload --all --board ${board}`,
    details: { coprocessor_name: board, inference_names: names },
  })
}
