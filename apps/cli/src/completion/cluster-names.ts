import type { AICluster } from '@aicluster/host-sdk'
import { withCluster } from '../cluster/with-cluster'
import type { Context } from '../context'
import type { Candidate, NameKind } from './complete'

/** Whoever presses Tab waits no longer than this for a connection, and for an answer, in ms. */
const LIMIT_MS = 500

/** Names to choose from; none when no cluster answers at once. */
export async function clusterNames(context: Context, kind: NameKind): Promise<Candidate[]> {
  try {
    return await withCluster(context, (cluster) => namesOf(cluster, kind), { connectTimeoutMs: LIMIT_MS })
  } catch {
    return []
  }
}

async function namesOf(cluster: AICluster, kind: NameKind): Promise<Candidate[]> {
  const options = { timeout: LIMIT_MS }
  if (kind === 'inference') return (await cluster.getMetrics(options)).queues.map(({ name }) => ({ word: name, what: 'inference' }))
  if (kind === 'board') {
    const boards = await cluster.getCoprocessorHandler(undefined, options)
    return boards.map(({ name, driver, ip }) => ({ word: name, what: `${driver}, ${ip}` }))
  }
  const containers = await cluster.getContainerHandler(undefined, options)
  return containers.map(({ suffixName, name, allocatedCoprocessor }) => ({ word: suffixName, what: `${name} on ${allocatedCoprocessor}` }))
}
