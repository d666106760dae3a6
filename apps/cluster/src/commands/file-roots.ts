import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { clusterError, type NamedPath, namedPaths } from '@aicluster/protocol'
import { isWithin } from '@aicluster/transport'
import type { ClusterConfig } from '../config/cluster-config'
import { reachesBeyond } from '../config/listen-config'
import { isSent, type Sources } from '../given/placed-config'

/**
 * Whether the cluster may read these: who may manage from another machine does not thereby read every file of the manager's host.
 *
 * Links are followed first. Without `file_roots` everything is allowed while only this machine reaches the manager, and nothing else.
 *
 * @throws InvalidArgumentError (302) naming field, path and what is allowed
 */
export async function requireInRoots(config: ClusterConfig, paths: readonly NamedPath[]): Promise<void> {
  const roots = rootsOf(config) ?? []
  const mayRead = await readablePaths(config)
  for (const { field, path } of paths) {
    if (await mayRead(path)) continue
    const allowed =
      roots.length > 0 ? `it must lie below ${roots.join(' or ')}` : 'no folder is allowed while the manager listens beyond loopback'
    throw clusterError('invalidParameter', {
      detail: `${field} is ${JSON.stringify(path)}, and ${allowed} (file_roots in cluster.yaml says which folders applications may name)`,
      details: { field, value: path, file_roots: roots },
    })
  }
}

/** What of a config the cluster reads on its own host lies where it may. @throws InvalidArgumentError (302) */
export const requireSourcesInRoots = (config: ClusterConfig, sources: Sources): Promise<void> =>
  requireInRoots(
    config,
    namedPaths(sources.config).filter(({ path }) => !isSent(sources, path)),
  )

/** Tells of each path whether the cluster may read it. */
export async function readablePaths(config: ClusterConfig): Promise<(path: string) => Promise<boolean>> {
  const roots = rootsOf(config)
  if (roots === undefined) return async () => true
  const real = await Promise.all(roots.map(whereItLies))
  return async (path) => {
    const place = await whereItLies(path)
    return real.some((root) => isWithin(place, root))
  }
}

/** Undefined: everywhere. */
const rootsOf = (config: ClusterConfig): readonly string[] | undefined =>
  config.file_roots ?? (reachesBeyond(config.listen) ? [] : undefined)

/** What is not there is judged by its name; whoever reads it will say that it is missing. */
const whereItLies = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
