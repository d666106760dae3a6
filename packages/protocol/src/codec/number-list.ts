const BYTES_PER_NUMBER = 6
const TWO_POW_32 = 2 ** 32

/** Request numbers as they travel in reconciliation: 48 bits each, big-endian, one after another. */
export function encodeNumbers(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * BYTES_PER_NUMBER)
  let at = 0
  for (const number of numbers) {
    const high = Math.floor(number / TWO_POW_32)
    bytes[at++] = high >>> 8
    bytes[at++] = high
    bytes[at++] = number >>> 24
    bytes[at++] = number >>> 16
    bytes[at++] = number >>> 8
    bytes[at++] = number
  }
  return bytes
}

/** The numbers in `bytes`; undefined when their length is not that of a list. */
export function decodeNumbers(bytes: Uint8Array): number[] | undefined {
  if (bytes.length % BYTES_PER_NUMBER !== 0) return undefined
  const numbers = new Array<number>(bytes.length / BYTES_PER_NUMBER)
  for (let i = 0, at = 0; i < numbers.length; i++, at += BYTES_PER_NUMBER) {
    const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
    const low =
      ((bytes[at + 2] as number) << 24) | ((bytes[at + 3] as number) << 16) | ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number)
    numbers[i] = high * TWO_POW_32 + (low >>> 0)
  }
  return numbers
}
