import { type ContainerConfig, clusterError } from '@aicluster/protocol'
import type { ClusterConfig } from '../config/cluster-config'
import { reachesBeyond } from '../config/listen-config'
import { configSubject, implementationOf } from '../registry/container-config-rules'

/** Why a plain process of this config may not be run on a board; undefined: it may, or it is none. */
export function processesRefusal(cluster: ClusterConfig, config: ContainerConfig, boardName: string): string | undefined {
  if (implementationOf(config) !== 'other') return undefined
  const board = cluster.boards.find(({ name }) => name === boardName)
  if (board?.driver !== 'local' || (board.processes ?? !reachesBeyond(cluster.listen))) return undefined
  const why = board.processes === false ? 'processes: false' : 'the manager listens beyond loopback'
  return `board ${boardName} starts no plain processes (${why}): say processes: true for it in cluster.yaml`
}

/**
 * Whether plain processes may be run there: who may, runs any program as the manager's user.
 * @throws InvalidArgumentError (302) naming the board and how to allow it
 */
export function requireProcessesAllowed(cluster: ClusterConfig, config: ContainerConfig, boards: readonly { name: string }[]): void {
  for (const { name } of boards) {
    const refusal = processesRefusal(cluster, config, name)
    if (refusal === undefined) continue
    throw clusterError('invalidParameter', {
      detail: `${configSubject(config, 0)}: implementation_type is "other", and ${refusal}`,
      details: { field: 'implementation_type', value: 'other', board: name },
    })
  }
}
