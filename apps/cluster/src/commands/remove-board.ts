import { type CommandOf, clusterError, type RemoveBoardView } from '@aicluster/protocol'
import { removeFromFile } from '../config/edit-boards'
import type { ControlPlane } from '../control-plane/control-plane'
import { BOARDS_LOCK, requireConfigFile } from './add-board'
import type { CommandCall } from './command-call'
import { requireBoard } from './select'
import { unloadInference } from './unload-inference'

/** A board goes on which nothing is registered, or with `force` nothing any more. Its machine is left as it is. */
export function removeBoard(plane: ControlPlane, command: CommandOf<'remove_board'>, call: CommandCall): Promise<RemoveBoardView> {
  return plane.locks.with([BOARDS_LOCK], async () => {
    const { config } = plane.options
    const { coprocessor_name: name, force } = command
    requireBoard(plane, name)
    const others = config.boards.filter((board) => board.name !== name)
    if (others.length === 0)
      throw clusterError('invalidParameter', { detail: `board "${name}" is the last one: a cluster has one at least` })
    const file = command.write ? requireConfigFile(plane) : undefined
    const { forgotten } = force
      ? await unloadInference(plane, { cmd: 'unload_inference', coprocessor_name: name, delete_image: false, force }, call)
      : { forgotten: [] }
    requireEmpty(plane, name)
    // The same turn as that look: from here on no command can choose it.
    const showAgain = plane.boards.hide(name)
    try {
      if (file !== undefined)
        await removeFromFile(
          file,
          name,
          others.map((board) => ({ name: board.name })),
        )
    } finally {
      showAgain()
    }
    config.boards.splice(0, config.boards.length, ...others)
    await plane.removeBoard(name)
    return { forgotten }
  })
}

/** @throws InvalidOperationError (303) containers are there */
function requireEmpty(plane: ControlPlane, board: string): void {
  const registered = plane.registry.all().filter((record) => record.boards.includes(board))
  const names = registered.map(({ config }) => config.name)
  if (names.length === 0 && !plane.boards.isHeld(board)) return
  throw clusterError('processesInUse', {
    detail: `board "${board}": ${names.length > 0 ? `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} registered there` : 'something is being loaded there'}; unload it first, or say force`,
    details: { coprocessor_name: board, inference_names: names },
  })
}
