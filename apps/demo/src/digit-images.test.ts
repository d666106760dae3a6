import { PNG } from 'pngjs'
import { describe, expect, it } from 'vitest'
import { cutSheet, readHeldOutImages } from './digit-images'

/** A PNG whose pixel at (x, y) has the grey 16 y + x. */
function sheet(width: number, height: number): Buffer {
  const png = new PNG({ width, height })
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) png.data.fill(16 * y + x, (y * width + x) * 4, (y * width + x) * 4 + 3)
  }
  return PNG.sync.write(png)
}

describe('a sheet of images', () => {
  it('is cut row by row, each image with its label', () => {
    const images = cutSheet(sheet(6, 4), { columns: 3, rows: 2, tileSize: 2, labels: [0, 1, 2, 3, 4, 5] })
    expect(images.map(({ label }) => label)).toEqual([0, 1, 2, 3, 4, 5])
    expect(images[1]?.image).toEqual({ dtype: 'uint8', shape: [2, 2], data: Uint8Array.of(2, 3, 18, 19) })
    expect(images[5]?.image.data).toEqual(Uint8Array.of(36, 37, 52, 53))
  })

  it('of another size is refused with both sizes', () => {
    expect(() => cutSheet(sheet(6, 4), { columns: 2, rows: 2, tileSize: 2, labels: [] })).toThrow('6 x 4 pixels, 2 x 2 images of 2')
  })

  it('without a label for each image is refused', () => {
    expect(() => cutSheet(sheet(2, 2), { columns: 1, rows: 1, tileSize: 2, labels: [] })).toThrow('0 labels for 1 images')
  })
})

describe('the held-out images', () => {
  const images = readHeldOutImages(new URL('../digits/', import.meta.url))

  it('are 450, of all ten digits, with ink in each', () => {
    expect(images).toHaveLength(450)
    expect(new Set(images.map(({ label }) => label))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    for (const { image } of images) expect(Math.max(...(image.data as Uint8Array))).toBeGreaterThan(128)
  })
})
