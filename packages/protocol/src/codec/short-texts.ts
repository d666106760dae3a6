/** Texts that were read lately, each in a place that its bytes lead to: keys and names come again and again. */
const PLACES = 256
/** Longer ones are not kept. */
const MAX_LENGTH = 128

const texts = new Array<string>(PLACES).fill('')

/**
 * The ASCII text in these bytes: the same string each time where it is a common one, which costs less than a new one, also to whoever
 * looks something up by it.
 *
 * @returns undefined: it is not ASCII, too long, or goes beyond the end
 */
export function shortText(bytes: Uint8Array, start: number, length: number): string | undefined {
  if (length > MAX_LENGTH) return undefined
  const end = start + length
  // With this factor no two keys of our headers share a place.
  let place = 0
  for (let i = start; i < end; i++) {
    const code = bytes[i] as number
    // Behind the end it is undefined.
    if (!(code < 0x80)) return undefined
    place = (place * 7 + code) & (PLACES - 1)
  }
  const known = texts[place] as string
  if (known.length === length) {
    let same = 0
    while (same < length && known.charCodeAt(same) === bytes[start + same]) same++
    if (same === length) return known
  }
  const text = String.fromCharCode(...bytes.subarray(start, end))
  texts[place] = text
  return text
}
