import type { Board } from '../boards/board'
import { isBoardFailure } from '../boards/board-failure'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { boardsWithPrograms } from './reach-boards'
import type { SelectedContainer } from './select'

/** A registered container whose board cannot be worked with: it may run or not. */
export interface LostContainer extends SelectedContainer {
  /** What is wrong with the board. */
  reason: string
}

/** Those of the boards of these containers that cannot be worked with now, and what is wrong with each; known at most 4 s later. */
export async function lostBoardsOf(
  plane: ControlPlane,
  records: readonly InferenceRecord[],
  { signal }: Pick<CommandCall, 'signal'>,
): Promise<ReadonlyMap<string, string>> {
  const boards = new Set(records.flatMap((record) => boardsWithPrograms(plane, record)))
  const reasons = await Promise.all([...boards].map(async (board) => [board.name, await reasonOf(plane, board, signal)] as const))
  return new Map(reasons.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, reason]])))
}

async function reasonOf(plane: ControlPlane, board: Board, signal: AbortSignal): Promise<string | undefined> {
  try {
    await plane.boardWatch.reach([board], signal)
    return undefined
  } catch (error) {
    if (isBoardFailure(error)) return error.message
    throw error
  }
}

/** Those of these containers whose programs are on one of these boards. */
export const lostIn = (containers: readonly SelectedContainer[], reasons: ReadonlyMap<string, string>): LostContainer[] =>
  containers.flatMap((selected) => {
    const reason = reasons.get(selected.container.board)
    return reason === undefined || implementationOf(selected.record.config) === 'Loop' ? [] : [{ ...selected, reason }]
  })
