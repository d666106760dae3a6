import type { CommandOf, CoprocessorImagesView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { imagesOn } from './images-on'
import { boardsOf } from './select'

/** Images on one board, or on those with a label. A board without an Engine holds none. */
export const getImages = async (plane: ControlPlane, command: CommandOf<'get_images'>): Promise<CoprocessorImagesView[]> =>
  imagesOn(boardsOf(plane, command.coprocessor_name))
