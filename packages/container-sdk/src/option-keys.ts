import { clusterError, type OptionKeys, requireKnownKeys } from '@aicluster/protocol'

/**
 * Refuses what is no options object, as a ported call with a positional time-out gives, and a key that nothing reads.
 * @throws InvalidArgumentError (302)
 */
export function requireOptions(value: unknown, known: OptionKeys): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const [key] = Object.keys(known)
    throw clusterError('invalidParameter', { detail: `options is ${String(value)}, it must be an options object such as { ${key} }` })
  }
  requireKnownKeys(value, 'options', known)
}
