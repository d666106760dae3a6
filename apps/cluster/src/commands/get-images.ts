import type { CommandOf, CoprocessorImagesView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { imagesOn } from './images-on'
import { requireBoard } from './select'

/** Images on one board: a list of one entry. A board without an Engine holds none. */
export const getImages = async (plane: ControlPlane, command: CommandOf<'get_images'>): Promise<CoprocessorImagesView[]> =>
  imagesOn([requireBoard(plane, command.coprocessor_name)])
