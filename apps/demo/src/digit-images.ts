import { readFileSync } from 'node:fs'
import type { NdArray } from '@aicluster/host-sdk'
import { PNG } from 'pngjs'

/** An image of a digit, and which digit it is. */
export interface DigitImage {
  /** uint8 [8, 8]: light ink (240) on black (0). */
  image: NdArray
  label: number
}

/** What stands beside a sheet of equally large square images: how they lie on it, and what they show, row by row. */
export interface SheetLayout {
  columns: number
  rows: number
  /** Pixels of one image's side. */
  tileSize: number
  labels: number[]
}

/** The images that the model has never seen; `folder` is `apps/demo/digits`. */
export function readHeldOutImages(folder: URL): DigitImage[] {
  const layout = JSON.parse(readFileSync(new URL('heldout-labels.json', folder), 'utf8')) as SheetLayout
  return cutSheet(readFileSync(new URL('heldout.png', folder)), layout)
}

/**
 * The images of a sheet, row by row.
 * @param png - a PNG file; of coloured pixels the red counts, which in a grey one is the grey
 * @throws Error when the sheet does not have the size that `layout` says, or there is not a label for each image
 */
export function cutSheet(png: Buffer, { columns, rows, tileSize, labels }: SheetLayout): DigitImage[] {
  const { width, height, data: rgba } = PNG.sync.read(png)
  if (width !== columns * tileSize || height !== rows * tileSize) {
    throw new Error(`the sheet has ${width} x ${height} pixels, ${columns} x ${rows} images of ${tileSize} make another size`)
  }
  if (labels.length !== columns * rows) throw new Error(`${labels.length} labels for ${columns * rows} images`)
  return labels.map((label, index) => {
    const left = (index % columns) * tileSize
    const top = Math.floor(index / columns) * tileSize
    const data = new Uint8Array(tileSize * tileSize)
    for (let pixel = 0; pixel < data.length; pixel++) {
      const x = left + (pixel % tileSize)
      const y = top + Math.floor(pixel / tileSize)
      data[pixel] = rgba[(y * width + x) * 4] ?? 0
    }
    return { image: { dtype: 'uint8', shape: [tileSize, tileSize], data }, label }
  })
}
