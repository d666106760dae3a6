import {
  type AICluster,
  type CallOptions,
  type ClusterMetrics,
  type ContainerStatus,
  type CoprocessorHandler,
  SshConnectionError,
} from '@aicluster/host-sdk'
import { unreachableContainers } from './unreachable-containers'

/** What the cluster says of itself at one moment. */
export interface Snapshot {
  metrics: ClusterMetrics
  boards: CoprocessorHandler[]
  containers: ContainerStatus[]
}

export async function takeSnapshot(cluster: AICluster, options: CallOptions = {}): Promise<Snapshot> {
  const asked = cluster.getMetrics(options)
  const [metrics, boards, containers] = await Promise.all([
    asked,
    cluster.getCoprocessorHandler(undefined, options),
    cluster.getContainerStatus(undefined, options).catch(async (error) => {
      // That no board can be reached is no reason to show nothing: it is what somebody looks for.
      if (!(error instanceof SshConnectionError)) throw error
      return unreachableContainers(await cluster.getContainerHandler(undefined, options), (await asked).credits)
    }),
  ])
  return { metrics, boards, containers }
}
