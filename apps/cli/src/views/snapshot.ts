import type { AICluster, CallOptions, ClusterMetrics, ContainerStatus, CoprocessorHandler } from '@aicluster/host-sdk'
import { containerStatuses } from './container-statuses'

/** What the cluster says of itself at one moment. */
export interface Snapshot {
  metrics: ClusterMetrics
  boards: CoprocessorHandler[]
  containers: ContainerStatus[]
}

export async function takeSnapshot(cluster: AICluster, options: CallOptions = {}): Promise<Snapshot> {
  const [metrics, boards, containers] = await Promise.all([
    cluster.getMetrics(options),
    cluster.getCoprocessorHandler(undefined, options),
    containerStatuses(cluster, undefined, options),
  ])
  return { metrics, boards, containers }
}
