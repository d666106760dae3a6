import type { AICluster, ContainerStatus, CoprocessorHandler } from '@aicluster/host-sdk'
import type { Output } from '../output/output'

/** The boards of containers of which nobody knows the state, as far as they are still down. */
export async function boardsOutOfReach(cluster: AICluster, containers: readonly ContainerStatus[]): Promise<CoprocessorHandler[]> {
  const names = new Set(containers.filter(({ status }) => status === 'unreachable').map(({ allocatedCoprocessor }) => allocatedCoprocessor))
  if (names.size === 0) return []
  return (await cluster.getCoprocessorHandler()).filter(({ name, state }) => names.has(name) && state === 'down')
}

/** Beside the result: why so little is known of some containers. */
export function noteBoardsOutOfReach(output: Output, boards: readonly CoprocessorHandler[]): void {
  for (const { name, since, reason } of boards) output.note(`board ${name} is down since ${since}: ${reason}`, 'yellow')
}
