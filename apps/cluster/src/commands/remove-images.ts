import { asAIClusterError, type ImageRemovalView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import type { SelectedContainer } from './select'

/** An image that a container was made from, and where. */
export interface UsedImage {
  board: string
  id: string
  /** What its config calls it, for messages. */
  name: string
}

/** The images that these containers were made from, each once. Asked before they go: afterwards nobody knows. */
export async function imagesOf(plane: ControlPlane, containers: readonly SelectedContainer[]): Promise<UsedImage[]> {
  const used = await Promise.all(
    containers.map(async ({ record: { config }, container: { instance, board } }) => {
      const id = (await plane.fleet.get(instance)?.runtime())?.imageId
      return id ? [{ board, id, name: config.image_tag ?? config.image_filename ?? id }] : []
    }),
  )
  return [...new Map(used.flat().map((image) => [`${image.board} ${image.id}`, image])).values()]
}

/** Delete images, unless something else uses them. Never fails: what stays is said, with the reason. */
export const removeImages = (plane: ControlPlane, images: readonly UsedImage[]): Promise<ImageRemovalView[]> =>
  Promise.all(
    images.map(async ({ board, id, name }) => {
      try {
        const removal = await plane.boards.get(board)?.deleteImage(id)
        const { tags = [], deleted = false, kept = 'its board is gone' } = removal ?? {}
        return { board, image: tags[0] ?? name, deleted, reason: deleted ? null : kept }
      } catch (error) {
        return { board, image: name, deleted: false, reason: asAIClusterError(error).message }
      }
    }),
  )
