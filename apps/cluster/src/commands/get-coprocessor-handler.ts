import type { CommandOf, CoprocessorView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { boardView } from './board-view'
import { boardsOf, selectUsedBoards } from './select'

/** The boards on which the inference is registered, or every board; of these, those that a name or label selects. */
export async function getCoprocessorHandler(
  plane: ControlPlane,
  command: CommandOf<'get_coprocessor_handler'>,
): Promise<CoprocessorView[]> {
  const { inference_name: inference, coprocessor_name: selection } = command
  const selected = selection ? new Set(boardsOf(plane, selection)) : undefined
  return selectUsedBoards(plane, inference)
    .filter((board) => selected?.has(board) ?? true)
    .map(boardView)
}
