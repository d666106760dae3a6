/** One part of an answer, as the container program makes it. */
export interface ChaosPart {
  /** Of the request. */
  id: string
  /** Its place, from 0. */
  n: number
  /** Of this execution of the request: no other has it. */
  run: string
  bytes: Uint8Array
}

/** Every seventh part is so large that it travels in a frame of its own. */
const LARGE_BYTES = 20_000

/** The data of a part: whoever knows its place knows its bytes. */
export const bytesOfPart = (n: number): Uint8Array => new Uint8Array(n % 7 === 6 ? LARGE_BYTES : 20).fill(n)
