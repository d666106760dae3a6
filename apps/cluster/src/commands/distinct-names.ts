import { type ContainerConfig, clusterError } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { configSubject, servedNames } from '../registry/container-config-rules'

/** @throws InvalidArgumentError (302) a config stands there twice, or one of its names differs from another by case alone */
export function requireDistinctNames(plane: ControlPlane, configs: readonly ContainerConfig[]): void {
  const loaded = new Set<string>()
  const spelling = new Map<string, string>()
  for (const [index, config] of configs.entries()) {
    for (const name of servedNames(config)) {
      const twin = plane.registry.caseTwin(name, config.name)
      const other = spelling.get(name.toLowerCase()) ?? name
      const twice = other !== name || (name === config.name && loaded.has(name))
      spelling.set(name.toLowerCase(), name)
      if (!twin && !twice) continue
      const field = name === config.name ? 'name' : 'sub_inference_name'
      const reason = twin ? `differs from the registered ${twin} by case alone` : `stands in this command twice (case does not count)`
      throw clusterError('invalidParameter', {
        detail: `${configSubject(config, index)}: ${field} is ${JSON.stringify(name)}, which ${reason}`,
        details: { field, value: name },
      })
    }
    loaded.add(config.name)
  }
}
