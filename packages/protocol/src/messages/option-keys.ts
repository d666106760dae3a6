import type { AIClusterError } from '../errors/aicluster-error'
import { clusterError } from '../errors/cluster-errors'
import { nearestKey } from './invalid-input'

/** The keys that an options object may have. */
export type OptionKeys = Readonly<Record<string, true>>

/** Those of `Options`: the compiler asks for each, and for no other. */
export type KeysOf<Options extends object> = Readonly<Record<keyof Options, true>>

/**
 * Refuses a key that nothing reads: a misspelt filter is not "no filter". One whose value is undefined is refused too.
 *
 * @param argument - what the caller calls the object
 * @throws InvalidArgumentError (302) naming the key, and the one that was meant
 */
export function requireKnownKeys(value: object, argument: string, known: OptionKeys, further?: OptionKeys): void {
  for (const key in value)
    if (known[key] !== true && further?.[key] !== true) throw unknownKey(value, argument, key, { ...known, ...further })
}

function unknownKey(value: object, argument: string, key: string, known: OptionKeys): AIClusterError {
  const names = Object.keys(known)
  const near = nearestKey(key, names)
  const hint = near ? `, did you mean ${near}?` : names.length > 0 ? `; known here: ${names.join(', ')}` : ''
  return clusterError('invalidParameter', {
    detail: `${argument}: unknown key ${key}${hint}`,
    details: { argument, key, value: (value as Record<string, unknown>)[key], ...(near ? { nearest: near } : {}) },
  })
}
