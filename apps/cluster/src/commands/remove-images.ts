import { asAIClusterError, type ImageRemovalView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf } from '../registry/container-config-rules'
import type { SelectedContainer } from './select'

/** Delete the images of containers that are gone, unless something else uses them. Never fails: what stays is said, with the reason. */
export async function removeImages(plane: ControlPlane, gone: readonly SelectedContainer[]): Promise<ImageRemovalView[]> {
  const views: ImageRemovalView[] = []
  for (const { record, container } of gone) {
    const board = plane.boards.get(container.board)
    const type = implementationOf(record.config)
    if (!board || (type !== 'docker' && type !== 'nvidia')) continue
    try {
      for (const { image, deleted, reason = null } of await board.removeImages(record.config)) {
        views.push({ board: board.name, image, deleted, reason })
      }
    } catch (error) {
      const image = record.config.image_tag ?? record.config.image_filename ?? record.config.name
      views.push({ board: board.name, image, deleted: false, reason: asAIClusterError(error).message })
    }
  }
  return distinct(views)
}

/** Two containers of one image on one board ask twice. */
const distinct = (views: readonly ImageRemovalView[]): ImageRemovalView[] => [
  ...new Map(views.map((view) => [`${view.board} ${view.image}`, view])).values(),
]
