import type { ForgottenContainerView, ImageRemovalView, UnloadView } from '@aicluster/protocol'
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

/** A container that the cluster knows no more and that may still run, for its board could not be reached. Ours. */
export interface ForgottenContainer {
  /** Its name, unique in the cluster. */
  suffixName: string
  /** Its board. As soon as that is back in this cluster, the container is removed there. */
  coprocessorName: string
  /** What is wrong with the board. */
  reason: string
}

/** What came of removing a board. Ours. */
export interface RemovedBoard {
  /** Containers that could not be stopped; empty without `force`. */
  forgotten: readonly ForgottenContainer[]
}

/**
 * The containers that remain after an unload. Its `images`, which is not enumerated, says what became of the images of the others:
 * deleted, or kept because something else uses them; empty with `deleteImage: false`. Nor is `forgotten`. Ours.
 */
export type RemainingContainers = ContainerHandler[] & {
  /** What became of images. */
  readonly images: readonly ImageRemoval[]
  /** Containers that could not be stopped; empty without `force`. */
  readonly forgotten: readonly ForgottenContainer[]
}

/** What a reply to `unload_inference` says. @throws UnknownError (999) it is not one */
export function remainingOf(reply: unknown, commands: CommandCaller): RemainingContainers {
  const { containers, images, forgotten } = recordOf<UnloadView>(reply)
  return Object.defineProperties(handlersOf(containers, commands), {
    images: { value: images.map(removalOf) },
    forgotten: { value: forgottenOf(forgotten) },
  }) as RemainingContainers
}

/** @param views - left out by managers that cannot forget */
export const forgottenOf = (views: readonly ForgottenContainerView[] = []): ForgottenContainer[] =>
  views.map(({ suffix_name, board, reason }) => ({ suffixName: suffix_name, coprocessorName: board, reason }))

const removalOf = ({ board, image, deleted, reason }: ImageRemovalView): ImageRemoval => ({
  coprocessorName: board,
  image,
  deleted,
  reason,
})
