import { type AICluster, type CallOptions, type ContainerStatus, SshConnectionError } from '@aicluster/host-sdk'
import { unreachableContainers } from './unreachable-containers'

/**
 * State of the containers of an inference, or of all. That none of their boards can be reached is no reason to show nothing: it is
 * what somebody looks for. They are `unreachable` then, with what the manager knows of them.
 */
export async function containerStatuses(cluster: AICluster, inference?: string, options: CallOptions = {}): Promise<ContainerStatus[]> {
  try {
    return await cluster.getContainerStatus(inference, options)
  } catch (error) {
    if (!(error instanceof SshConnectionError)) throw error
    const [handlers, { credits }] = await Promise.all([cluster.getContainerHandler(inference, options), cluster.getMetrics(options)])
    return unreachableContainers(handlers, credits)
  }
}
