import type { CoprocessorImagesView } from '@aicluster/protocol'

/** A container image on a board. The keys are ours, the original names none. */
export interface CoprocessorImage {
  /** `sha256:…`. */
  id: string
  /** `name:tag`; none for an image without a name. */
  tags: string[]
  /** Bytes. */
  size: number
  /** ISO 8601. */
  created: string
}

/**
 * The container images on a board.
 *
 * @see SDK API reference, chapter 7, table 4
 */
export class CoprocessorImages {
  /** The board. */
  readonly name: string
  /** Its address. */
  readonly ip: string
  /** Empty on a board without a Docker Engine. */
  readonly images: CoprocessorImage[]

  private constructor(view: CoprocessorImagesView) {
    this.name = view.name
    this.ip = view.ip
    this.images = view.images.map(({ id, tags, size, created }) => ({ id, tags, size, created }))
  }

  /** @internal */
  static from(view: CoprocessorImagesView): CoprocessorImages {
    return new CoprocessorImages(view)
  }
}
