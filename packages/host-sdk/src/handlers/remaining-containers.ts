import type { ImageRemovalView, UnloadView } from '@aicluster/protocol'
import type { CommandCaller } from '../commands/command-caller'
import { recordOf } from '../commands/replies'
import { type ContainerHandler, handlersOf } from './container-handler'

/** What became of an image that unloaded containers were made from. Ours. */
export interface ImageRemoval {
  /** The board that holds, or held, it. */
  coprocessorName: string
  /** Its tag, or id where it has none. */
  image: string
  /** Whether it is gone. */
  deleted: boolean
  /** Why it was kept, such as another container that uses it; null if it is gone. */
  reason: string | null
}

/**
 * The containers that remain after an unload. Its `images`, which is not enumerated, says what became of the images of the others:
 * deleted, or kept because something else uses them; empty with `deleteImage: false`. Ours.
 */
export type RemainingContainers = ContainerHandler[] & {
  /** What became of images. */
  readonly images: readonly ImageRemoval[]
}

/** What a reply to `unload_inference` says. @throws UnknownError (999) it is not one */
export function remainingOf(reply: unknown, commands: CommandCaller): RemainingContainers {
  const { containers, images } = recordOf<UnloadView>(reply)
  return Object.defineProperty(handlersOf(containers, commands), 'images', { value: images.map(removalOf) }) as RemainingContainers
}

const removalOf = ({ board, image, deleted, reason }: ImageRemovalView): ImageRemoval => ({
  coprocessorName: board,
  image,
  deleted,
  reason,
})
