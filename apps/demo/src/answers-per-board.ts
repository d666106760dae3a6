import type { AICluster } from '@aicluster/host-sdk'

/** As the cluster manager counted them. */
export async function answersPerBoard(cluster: AICluster): Promise<Record<string, number>> {
  const [boards, { credits }] = await Promise.all([cluster.getCoprocessorHandler(), cluster.getMetrics()])
  const answered = (name: string): number =>
    credits.filter(({ board }) => board === name).reduce((sum, container) => sum + container.answered, 0)
  return Object.fromEntries(boards.map(({ name }) => [name, answered(name)]))
}
