import { clusterError, invalidInput } from '@aicluster/protocol'
import type { ClusterConfig } from './cluster-config'
import { ListenConfig } from './listen-config'

/**
 * The configuration with another address to bind; its ports, where it has any, stay.
 * @throws InvalidArgumentError (302): it is no address, or contradicts what the configuration says beside
 */
export function withListen(config: ClusterConfig, host: string): ClusterConfig {
  // An IPv6 address has more colons than one.
  if (/^[^:]*:\d+$/.test(host)) {
    const detail = `--listen is ${JSON.stringify(host)}, it must be an address without a port: ports are keys of cluster.yaml (listen.inference_port, management_port, sub_port, pub_port)`
    throw clusterError('invalidParameter', { detail, details: { listen: host } })
  }
  const listen = { ...(config.listen.transport === 'tcp' ? config.listen : { transport: 'tcp' }), host }
  const parsed = ListenConfig.safeParse(listen)
  if (!parsed.success) throw invalidInput('--listen', listen, parsed.error)
  return { ...config, listen: parsed.data }
}
