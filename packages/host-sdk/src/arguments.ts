import {
  type AIClusterError,
  BoardSelectorText,
  clusterError,
  isName,
  NAME_RULE,
  type NdArray,
  type OptionKeys,
  parseBoardSelector,
  requireKnownKeys,
  requireNdArray,
} from '@aicluster/protocol'

export const missing = (argument: string): AIClusterError => clusterError('argumentRequired', { args: [argument], details: { argument } })

export const wrongArgument = (argument: string, value: unknown, rule: string): AIClusterError =>
  clusterError('invalidParameter', {
    detail: `${argument} is ${describe(value)}, it must be ${rule}`,
    details: { argument, value: describe(value) },
  })

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
  return Array.isArray(value) ? 'a list' : `an object (${value.constructor?.name ?? 'Object'})`
}

/** The last that was one: programs ask for the same again and again. */
let lastName: string | undefined

/** @throws InvalidArgumentError (100) missing; (302) not a name */
export function requireInferenceName(value: unknown): string {
  if (lastName !== undefined && value === lastName) return lastName
  if (value === undefined || value === null || value === '') throw missing('inferenceName')
  if (!isName(value)) throw wrongArgument('inferenceName', value, NAME_RULE)
  lastName = value
  return value
}

/** A filter: `''`, undefined and null are "not given". @throws InvalidArgumentError (302) not a name */
export function optionalName(argument: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (!isName(value)) throw wrongArgument(argument, value, NAME_RULE)
  return value
}

/** A board's name, or a label that selects boards; `''`, undefined and null are "not given". @throws InvalidArgumentError (302) neither */
export function optionalBoards(argument: string, value: unknown): string | undefined {
  if (typeof value === 'string' && BoardSelectorText.safeParse(value).success) return value
  if (typeof value === 'string' && parseBoardSelector(value)) throw wrongArgument(argument, value, 'label=value or label:KEY')
  return optionalName(argument, value)
}

/**
 * A call's `param`: an object, or a string that parses to one.
 * @throws InvalidArgumentError (200) the string is not JSON of an object; (302) neither object nor string
 */
export function requireParam(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return NO_PARAM
  if (typeof value === 'string') return parseParam(value)
  if (typeof value !== 'object' || Array.isArray(value) || ArrayBuffer.isView(value))
    throw wrongArgument('param', value, 'an object or a JSON string of one')
  return value as Record<string, unknown>
}

const NO_PARAM: Record<string, unknown> = {}

function parseParam(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw clusterError('notJson', { detail: `param: ${(cause as Error).message}`, details: { argument: 'param' }, cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw clusterError('notJson', { detail: 'param: the string must be JSON of an object', details: { argument: 'param' } })
}

/**
 * An options object in its place, with keys that are known alone.
 * @throws InvalidArgumentError (302) something else, as a ported call with positional arguments gives; a key that is not known
 */
export function requireOptions<T extends object>(value: unknown, argument: string, known: OptionKeys, further?: OptionKeys): T {
  const options = requireObject<T>(value, argument)
  requireKnownKeys(options, argument, known, further)
  return options
}

/** An options object, whose keys somebody else checks. @throws InvalidArgumentError (302) something else */
export function requireObject<T extends object>(value: unknown, argument: string): T {
  if (value === undefined || value === null) return {} as T
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongArgument(argument, value, 'an options object such as { inferenceName }')
  return value as T
}

/** @throws InvalidArgumentError (302) not a whole number, or out of its range */
export function requireWhole(argument: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return
  throw wrongArgument(argument, value, `a whole number from ${least} to ${most}`)
}

/** @throws InvalidArgumentError (302) not a function */
export function optionalCallback(value: unknown, argument = 'callback'): ((...args: never[]) => void) | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'function') throw wrongArgument(argument, value, 'a function')
  return value as (...args: never[]) => void
}

/** @throws InvalidArgumentError (100) missing; (302) no NdArray */
export function requireImage(image: unknown): NdArray {
  if (image === undefined || image === null) throw missing('image')
  return requireNdArray(image, 'image')
}

/** @throws InvalidArgumentError (100) missing; (302) no Uint8Array */
export function requireBytes(data: unknown): Uint8Array {
  if (data === undefined || data === null) throw missing('data')
  if (!(data instanceof Uint8Array)) throw wrongArgument('data', data, 'a Uint8Array (a Buffer is one); for arrays use inferImage')
  return data
}

/** @throws InvalidArgumentError (100) missing; (302) neither bytes nor an NdArray */
export const requireData = (data: unknown): Uint8Array | NdArray =>
  data === undefined || data === null || data instanceof Uint8Array ? requireBytes(data) : requireNdArray(data, 'data')
