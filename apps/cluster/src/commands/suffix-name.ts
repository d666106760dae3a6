import { clusterError } from '@aicluster/protocol'

/** Container names are names of folders. */
const MAX_SUFFIX_LENGTH = 250

/**
 * `digits-board1`, or with a number behind where another pair of names gives the same text.
 * @param taken - names of containers; the new one is added
 */
export function uniqueSuffix(wanted: string, taken: Set<string>): string {
  if (wanted.length > MAX_SUFFIX_LENGTH) {
    throw clusterError('invalidParameter', {
      detail: `inference and board name make the container name ${wanted}, ${wanted.length} characters long; it may have ${MAX_SUFFIX_LENGTH}`,
      details: { field: 'name', value: wanted },
    })
  }
  let suffix = wanted
  for (let n = 2; taken.has(suffix); n++) suffix = `${wanted}-${n}`
  taken.add(suffix)
  return suffix
}
