import type { CommandOf, CoprocessorImagesView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { imagesOn } from './images-on'
import { selectUsedBoards } from './select'

/** Images on the boards on which the inference is registered, or on every board. */
export const getCoprocessorImages = async (
  plane: ControlPlane,
  command: CommandOf<'get_coprocessor_images'>,
): Promise<CoprocessorImagesView[]> => imagesOn(selectUsedBoards(plane, command.inference_name))
