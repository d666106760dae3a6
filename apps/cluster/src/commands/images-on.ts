import type { CoprocessorImagesView } from '@aicluster/protocol'
import type { Board } from '../boards/board'

/** The images of these boards, one entry for each board. */
export const imagesOn = (boards: readonly Board[]): Promise<CoprocessorImagesView[]> =>
  Promise.all(boards.map(async (board) => ({ name: board.name, ip: board.ip, images: await board.images() })))
