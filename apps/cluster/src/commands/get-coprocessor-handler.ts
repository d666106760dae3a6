import type { CommandOf, CoprocessorView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { boardView } from './board-view'
import { selectUsedBoards } from './select'

/** The boards on which the inference is registered, or every board. */
export const getCoprocessorHandler = async (
  plane: ControlPlane,
  command: CommandOf<'get_coprocessor_handler'>,
): Promise<CoprocessorView[]> => selectUsedBoards(plane, command.inference_name).map(boardView)
