import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'

/**
 * Make sure of the boards on which these containers are: before the command takes its locks, for a board that has just come up
 * needs them itself. What is registered may be another record after it.
 * @throws SshConnectionError (500) one is down, does not answer or is still being brought in line, at most 4 s later; the signal's reason
 */
export const reachBoardsOf = (
  plane: ControlPlane,
  records: readonly (InferenceRecord | undefined)[],
  { signal }: Pick<CommandCall, 'signal'>,
  further: readonly Board[] = [],
): Promise<void> => plane.boardWatch.reach([...records.flatMap((record) => boardsWithPrograms(plane, record)), ...further], signal)

/** The boards on which containers of this inference have programs. */
export const boardsWithPrograms = (plane: ControlPlane, record: InferenceRecord | undefined): Board[] =>
  !record || implementationOf(record.config) === 'Loop' ? [] : record.containers.flatMap(({ board }) => plane.boards.get(board) ?? [])
