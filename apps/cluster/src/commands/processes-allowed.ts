import { type ContainerConfig, clusterError } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ClusterConfig } from '../config/cluster-config'
import { reachesBeyond } from '../config/listen-config'
import { configSubject, implementationOf } from '../registry/container-config-rules'

/**
 * Whether plain processes may be started there: who may, runs any program as the manager's user.
 * @throws InvalidArgumentError (302) naming the board and how to allow it
 */
export function requireProcessesAllowed(cluster: ClusterConfig, config: ContainerConfig, boards: readonly Pick<Board, 'name'>[]): void {
  if (implementationOf(config) !== 'other') return
  for (const { name } of boards) {
    const board = cluster.boards.find((candidate) => candidate.name === name)
    if (board?.driver !== 'local' || (board.processes ?? !reachesBeyond(cluster.listen))) continue
    const why = board.processes === false ? 'processes: false' : 'the manager listens beyond loopback'
    throw clusterError('invalidParameter', {
      detail: `${configSubject(config, 0)}: implementation_type is "other", and board ${name} starts no plain processes (${why}): say processes: true for it in cluster.yaml`,
      details: { field: 'implementation_type', value: 'other', board: name },
    })
  }
}
