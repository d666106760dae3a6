import { clusterError, invalidInput } from '@aicluster/protocol'
import { endpointsOf, implementationOf, parseContainerConfig } from './container-config-rules'
import { InferenceRecord } from './inference-record'

/**
 * An inference config file as somebody may have edited it.
 * @throws InvalidArgumentError (206) not JSON; (207) it is not the file of this inference, or what the cluster keeps in it is broken;
 *   (201, 302) its `config` is wrong
 */
export function parseInferenceFile(name: string, text: string): InferenceRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw clusterError('configFileNotJson', { detail: `${name}: ${(cause as Error).message}`, details: { inference_name: name }, cause })
  }
  const config = (value as { config?: unknown } | null)?.config
  if (typeof config === 'object' && config !== null) {
    const given = (config as { name?: unknown }).name
    if (given !== name) throw mismatch(name, 'name', name, given ?? null)
    parseContainerConfig(config, 0)
  }
  const parsed = InferenceRecord.safeParse(value)
  if (parsed.success) return parsed.data
  const { message } = invalidInput(name, value, parsed.error)
  throw clusterError('configFileMismatch', {
    detail: message.slice(message.indexOf(name)),
    details: { inference_name: name, field: parsed.error.issues[0]?.path.join('.') ?? '' },
  })
}

/**
 * What identifies a registered inference cannot be edited in its file.
 * @throws InvalidArgumentError (207) naming the field: suffix_name, board, type, input or output
 */
export function requireSameIdentity(registered: InferenceRecord, file: InferenceRecord): void {
  const [known, given] = [identityOf(registered), identityOf(file)]
  for (const [field, value] of Object.entries(known)) {
    if (JSON.stringify(value) !== JSON.stringify(given[field])) throw mismatch(registered.config.name, field, value, given[field])
  }
}

const identityOf = ({ config, boards, containers }: InferenceRecord): Record<string, unknown> => ({
  boards: [...boards].sort(),
  suffix_name: containers.map(({ suffix_name, board }) => `${suffix_name} on ${board}`).sort(),
  implementation_type: implementationOf(config),
  ...endpointsOf(config),
})

const mismatch = (name: string, field: string, registered: unknown, given: unknown) =>
  clusterError('configFileMismatch', {
    detail: `${name}: ${field} is ${JSON.stringify(given)} in the file, but registered is ${JSON.stringify(registered)}; put it back, or unload the inference and load it anew`,
    details: { inference_name: name, field, value: given, registered },
  })
