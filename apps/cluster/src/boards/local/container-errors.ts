import { AIClusterError, clusterError, type ErrorKey } from '@aicluster/protocol'

/** Whose config it is, for messages. */
export interface ConfigPlace {
  board: string
  /** Inference name of the config. */
  name: string
}

/** Longest rendering of a value in a message, in characters. */
const MAX_SHOWN = 200

/** An error about one field of a container config: `board "b", container config "digits": copy[0].To "../x" must not …`. */
export function configError(place: ConfigPlace, key: ErrorKey, field: string, value: unknown, what: string): AIClusterError {
  const text = value === undefined ? '' : ` ${JSON.stringify(value)}`
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
  return clusterError(key, {
    detail: `board "${place.board}", container config "${place.name}": ${field}${shown} ${what}`,
    details: { board: place.board, container: place.name, field, ...(value === undefined ? {} : { value }) },
  })
}

/** Why a container did not start, as ContainerStartError (311) naming it; an error of ours stays as it is. */
export function startError(board: string, container: string, error: unknown): AIClusterError {
  if (error instanceof AIClusterError) return error
  const why = error instanceof Error ? error.message : String(error)
  return clusterError('containerStart', {
    detail: `board "${board}", container "${container}": ${why}`,
    details: { board, container },
    cause: error,
  })
}
