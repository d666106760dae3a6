import { deflateSync } from 'node:zlib'
import { encode as encodeJpeg } from 'jpeg-js'
import { PNG } from 'pngjs'
import { describe, expect, it } from 'vitest'
import { decodeImage } from './decode-image'

const RED = [255, 0, 0, 255]
const BLUE = [0, 0, 255, 255]
const GREY = [90, 90, 90, 255]

/** A PNG of one row. */
function png(pixels: number[][], options: Parameters<typeof PNG.sync.write>[1] = {}): Buffer {
  const image = new PNG({ width: pixels.length, height: 1 })
  image.data = Buffer.from(pixels.flat())
  return PNG.sync.write(image, options)
}

function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** A PNG of one row whose pixels are places in a palette: the encoder cannot make one. */
function palettePng(palette: number[], places: number[]): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const content = Buffer.concat([Buffer.from(type), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(content), 4)
    return Buffer.concat([frame.subarray(0, 4), content, frame.subarray(4)])
  }
  const header = Buffer.from([0, 0, 0, places.length, 0, 0, 0, 1, 8, 3, 0, 0, 0])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette)),
    chunk('IDAT', deflateSync(Buffer.from([0, ...places]))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A JPEG with one component, 3 wide and 2 high, all of it mid-grey: one block whose every coefficient is 0. */
const greyJpeg = Buffer.from([
  ...[0xff, 0xd8],
  ...[0xff, 0xdb, 0, 67, 0, ...Array<number>(64).fill(1)],
  ...[0xff, 0xc0, 0, 11, 8, 0, 2, 0, 3, 1, 1, 0x11, 0],
  ...[0xff, 0xc4, 0, 20, 0x00, 1, ...Array<number>(15).fill(0), 0],
  ...[0xff, 0xc4, 0, 20, 0x10, 1, ...Array<number>(15).fill(0), 0],
  ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
  ...[0x3f],
  ...[0xff, 0xd9],
])

describe('a PNG', () => {
  it.each([
    ['in greyscale', png([GREY, [7, 7, 7, 255]], { colorType: 0 }), [1, 2], [90, 7]],
    ['in greyscale with transparency', png([[90, 90, 90, 3]], { colorType: 4 }), [1, 1], [90]],
    ['in colour', png([RED, BLUE], { colorType: 2 }), [1, 2, 3], [255, 0, 0, 0, 0, 255]],
    ['in colour with transparency', png([[1, 2, 3, 0]], { colorType: 6 }), [1, 1, 3], [1, 2, 3]],
    ['with a palette', palettePng([255, 0, 0, 0, 0, 255], [1, 0]), [1, 2, 3], [0, 0, 255, 255, 0, 0]],
  ])('%s becomes rows of pixels', (_, file, shape, data) => {
    expect(decodeImage('x.png', file)).toEqual({ dtype: 'uint8', shape, data: Uint8Array.from(data) })
  })

  it('of 16 bits becomes one of 8', () => {
    const image = new PNG({ width: 1, height: 1 })
    image.data = Buffer.from(new Uint16Array([0x8000, 0x8000, 0x8000, 0xffff]).buffer)
    const file = PNG.sync.write(image, { colorType: 0, bitDepth: 16, inputColorType: 6 })
    expect(decodeImage('x.png', file)).toEqual({ dtype: 'uint8', shape: [1, 1], data: Uint8Array.of(128) })
  })

  it('that is cut off is 302 and named', () => {
    const cut = png([RED, BLUE]).subarray(0, 45)
    expect(() => decodeImage('photos/x.png', cut)).toThrow(
      expect.objectContaining({ code: 302, message: expect.stringMatching(/photos\/x\.png.*--raw/) }),
    )
  })
})

describe('a JPEG', () => {
  it('with one component is greyscale', () => {
    expect(decodeImage('x.jpg', greyJpeg)).toEqual({ dtype: 'uint8', shape: [2, 3], data: new Uint8Array(6).fill(128) })
  })

  it('with three is colour', () => {
    const data = Buffer.from(Array.from({ length: 64 }, () => RED).flat())
    const image = decodeImage('x.jpg', encodeJpeg({ width: 8, height: 8, data }, 100).data)
    expect(image?.shape).toEqual([8, 8, 3])
    const [red, green, blue] = [...(image?.data ?? [])]
    expect(red).toBeGreaterThan(245)
    expect(green).toBeLessThan(10)
    expect(blue).toBeLessThan(10)
  })

  it('that is cut off is 302 and named', () => {
    expect(() => decodeImage('x.jpg', greyJpeg.subarray(0, 40))).toThrow(expect.objectContaining({ code: 302 }))
  })
})

it.each([
  ['text', Buffer.from('hello')],
  ['nothing', Buffer.alloc(0)],
  ['the beginning of a signature', Buffer.from([0x89, 0x50])],
])('%s is no image', (_, bytes) => {
  expect(decodeImage('x', bytes)).toBeUndefined()
})
