import {
  type AIClusterError,
  CONTAINER_CONFIG_KEYS,
  ContainerConfig,
  clusterError,
  type InferenceModulesConfig,
  invalidInput,
} from '@aicluster/protocol'

/** Who a config is, for messages. */
export const configSubject = (value: unknown, index: number): string => {
  const name = (value as { name?: unknown } | null)?.name
  return typeof name === 'string' && name !== '' ? `container config "${name.slice(0, 128)}"` : `container config #${index + 1}`
}

const refuse = (subject: string, field: string, value: unknown, rule: string): AIClusterError =>
  clusterError('invalidParameter', { detail: `${subject}: ${field} is ${JSON.stringify(value)}, ${rule}`, details: { field, value } })

/**
 * Check one config of a `load_inference` command.
 * @throws InvalidArgumentError (201) a required key is missing; (302) a value or key is wrong; both name field and value
 */
export function parseContainerConfig(value: unknown, index: number): ContainerConfig {
  const subject = configSubject(value, index)
  const parsed = ContainerConfig.safeParse(value)
  if (!parsed.success) throw invalidInput(subject, value, parsed.error, CONTAINER_CONFIG_KEYS)
  const config = parsed.data
  const names = servedNames(config)
  if (new Set(names.map((name) => name.toLowerCase())).size !== names.length) {
    throw refuse(subject, 'inference_modules', names, 'it must not serve a name twice (case does not count)')
  }
  return config
}

export const implementationOf = (config: ContainerConfig): 'docker' | 'nvidia' | 'Loop' | 'other' => config.implementation_type ?? 'docker'

/** Keys that only mean something with a program. `image_tag` is not one: it is a version label as well. */
const PROGRAM_KEYS = ['run_command', 'script_path', 'image_path', 'image_filename', 'run_option', 'copy', 'env'] as const

/** @throws InvalidArgumentError (302) a Loop, which runs no program, is given something for one */
export function requireNothingToRun(config: ContainerConfig): void {
  if (implementationOf(config) !== 'Loop') return
  const field = PROGRAM_KEYS.find((key) => config[key] !== undefined && config[key] !== null)
  if (field === undefined) return
  const cure = 'but a Loop runs no program: leave it out, or choose another implementation_type'
  throw refuse(`container config "${config.name}"`, field, field === 'env' ? Object.keys(config.env ?? {}) : config[field], cure)
}

/** Both left out means Main to Main; where one is given, the other is None. */
export function endpointsOf(config: ContainerConfig): { input: 'Main' | null; output: 'Main' | null } {
  if (config.input === undefined && config.output === undefined) return { input: 'Main', output: 'Main' }
  return { input: config.input === 'Main' ? 'Main' : null, output: config.output === 'Main' ? 'Main' : null }
}

const modulesOf = (config: ContainerConfig): InferenceModulesConfig[] => {
  const modules = config.inference_modules
  return modules ? (Array.isArray(modules) ? modules : [modules]) : []
}

/** Every inference name that a container of this config serves, its own first. */
export const servedNames = (config: ContainerConfig): string[] => [
  config.name,
  ...modulesOf(config).flatMap((module) => (module.sub_inference_name === '' ? [] : [module.sub_inference_name])),
]

/** Every version label of a config, by the field it stands in. */
function tagsOf(config: ContainerConfig): Map<string, string | null> {
  const tags = new Map<string, string | null>([['image_tag', config.image_tag ?? null]])
  for (const module of modulesOf(config)) {
    tags.set(`inference_modules.${module.sub_inference_name}.script_tag`, module.script_tag ?? null)
    tags.set(`inference_modules.${module.sub_inference_name}.model_tag`, module.model_tag ?? null)
  }
  return tags
}

const comparable = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

/**
 * Compare a config with the registered one of the same name.
 * @throws InvalidArgumentError (203) a version label differs; (302) anything else does, naming the field
 */
export function requireSameConfig(registered: ContainerConfig, given: ContainerConfig): void {
  const subject = `container config "${given.name}"`
  const givenTags = tagsOf(given)
  for (const [field, old] of tagsOf(registered)) {
    const wanted = givenTags.get(field)
    if (wanted !== undefined && wanted !== old) {
      throw clusterError('tagChanged', {
        args: [String(old), String(wanted)],
        detail: `${subject}: ${field}; unload it first, or set force_update`,
        details: { field, old, new: wanted },
      })
    }
  }
  for (const field of CONTAINER_CONFIG_KEYS as (keyof ContainerConfig)[]) {
    if (field === 'force_update' || comparable(registered[field]) === comparable(given[field])) continue
    throw clusterError('invalidParameter', {
      detail: `${subject}: ${field} is ${JSON.stringify(given[field] ?? null)}, but it is registered with ${JSON.stringify(registered[field] ?? null)}; unload it first, or set force_update`,
      details: { field, value: given[field] ?? null, registered: registered[field] ?? null },
    })
  }
}
