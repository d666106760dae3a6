import { InvalidArgumentError, type NdArray } from '@aicluster/host-sdk'
import { decode as decodeJpegFile } from 'jpeg-js'
import { PNG } from 'pngjs'

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const JPEG_SIGNATURE = Buffer.from([0xff, 0xd8, 0xff])
const JPEG_LIMITS = { maxResolutionInMP: 200, maxMemoryUsageInMB: 2048 }

/**
 * The pixels of a PNG or JPEG, told by its first bytes: uint8, `[height, width]` for greyscale, `[height, width, 3]` (red, green,
 * blue) for colour. Transparency is dropped, 16 bits become 8. Undefined: the bytes are no such file.
 *
 * @throws InvalidArgumentError (302) it begins like one and cannot be decoded
 */
export function decodeImage(path: string, bytes: Buffer): NdArray | undefined {
  const decode = startsWith(bytes, PNG_SIGNATURE) ? decodePng : startsWith(bytes, JPEG_SIGNATURE) ? decodeJpeg : undefined
  if (!decode) return undefined
  try {
    return decode(bytes)
  } catch (cause) {
    const kind = decode === decodePng ? 'PNG' : 'JPEG'
    throw new InvalidArgumentError('invalidParameter', {
      detail: `${path} begins like a ${kind} and cannot be decoded (${(cause as Error).message}); --raw sends its bytes as they are`,
      details: { file: path },
      cause,
    })
  }
}

const startsWith = (bytes: Buffer, signature: Buffer): boolean => bytes.subarray(0, signature.length).equals(signature)

function decodePng(bytes: Buffer): NdArray {
  const { width, height, data, color } = PNG.sync.read(bytes)
  return pixels(data, width, height, color)
}

function decodeJpeg(bytes: Buffer): NdArray {
  const { width, height, data } = decodeJpegFile(bytes, { useTArray: true, ...JPEG_LIMITS })
  return pixels(data, width, height, jpegComponents(bytes) !== 1)
}

/** From four bytes a pixel. */
function pixels(rgba: Uint8Array, width: number, height: number, color: boolean): NdArray {
  const channels = color ? 3 : 1
  const data = new Uint8Array(width * height * channels)
  for (let from = 0, to = 0; to < data.length; from += 4) {
    for (let channel = 0; channel < channels; channel++) data[to++] = rgba[from + channel] as number
  }
  return { dtype: 'uint8', shape: color ? [height, width, 3] : [height, width], data }
}

/** The number of components in the frame header: the decoder makes four of them, whatever there were. */
function jpegComponents(bytes: Buffer): number | undefined {
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] as number
    // 0xff may be repeated as filling.
    if (marker === 0xff) {
      at++
      continue
    }
    if (isFrameHeader(marker)) return bytes[at + 9]
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}

/** SOF0 to SOF15, without the three numbers among them that mean tables. */
const isFrameHeader = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
