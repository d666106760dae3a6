import type { ContainerConfig } from '@aicluster/protocol'
import type { DefaultsConfig } from '../config/cluster-config'
import type { QueueSettings } from '../dispatch/inference-queue'
import { endpointsOf, implementationOf, servedNames } from './container-config-rules'
import type { InferenceRecord } from './inference-record'

const limitMs = (value: number | 'never' | null | undefined, fallback: number): number =>
  value === 'never' ? Number.POSITIVE_INFINITY : (value ?? fallback)

/** Times of a config with the cluster's defaults filled in; Infinity is never. */
export const sendTimeoutMs = (config: ContainerConfig, defaults: DefaultsConfig): number =>
  limitMs(config.send_timeout, defaults.send_timeout)
export const responseTimeoutMs = (config: ContainerConfig, defaults: DefaultsConfig): number =>
  limitMs(config.wait_queue_timeout, defaults.wait_queue_timeout)

/**
 * The queues that the data plane needs for what is registered: one per served name.
 * Where several configs serve a name, that of the same name decides how its requests are treated, else the first.
 */
export function projectQueues(records: readonly InferenceRecord[], defaults: DefaultsConfig): Map<string, QueueSettings> {
  const queues = new Map<string, QueueSettings>()
  for (const { config } of records) {
    const { input, output } = endpointsOf(config)
    for (const name of servedNames(config)) {
      if (queues.has(name) && name !== config.name) continue
      queues.set(name, {
        name,
        configName: config.name,
        acceptsInput: input === 'Main',
        loop: implementationOf(config) === 'Loop',
        sink: input === 'Main' && output === null,
        source: input === null && output === 'Main',
        redeliver: config.redeliver ?? false,
        sendTimeoutMs: sendTimeoutMs(config, defaults),
        responseTimeoutMs: responseTimeoutMs(config, defaults),
        limit: config.queue_limit ?? defaults.queue_limit,
        limitBytes: config.queue_bytes ?? defaults.queue_bytes,
      })
    }
  }
  return queues
}
