/** Longer ones are not kept. */
const MAX_LENGTH = 128
const PLACES = 256

/** Texts that were read lately and their bytes, each in a place that its bytes lead to: keys and names come again and again. */
const texts = new Array<string>(PLACES).fill('')
const codes = new Array<Uint8Array>(PLACES).fill(new Uint8Array(0))

/** Few bytes tell enough: with these factors no two keys of our headers share a place. */
const placeOf = (first: number, last: number, length: number): number => (first + 2 * last + 10 * length) & (PLACES - 1)

/**
 * The ASCII text in these bytes: the same string each time where it is a common one, which costs less than a new one, also to whoever
 * looks something up by it.
 *
 * @returns undefined: it is not ASCII, too long, or goes beyond the end
 */
export function shortText(bytes: Uint8Array, start: number, length: number): string | undefined {
  const end = start + length
  const place = placeOf(bytes[start] as number, bytes[end - 1] as number, length)
  const known = codes[place] as Uint8Array
  if (known.length === length) {
    let same = 0
    while (same < length && known[same] === bytes[start + same]) same++
    if (same === length) return texts[place]
  }
  if (length > MAX_LENGTH || end > bytes.length) return undefined
  const own = Uint8Array.from(bytes.subarray(start, end))
  if (own.some((code) => code > 0x7f)) return undefined
  codes[place] = own
  texts[place] = String.fromCharCode(...own)
  return texts[place]
}
