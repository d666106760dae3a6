import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type ContainerConfig, clusterError } from '@aicluster/protocol'
import { copyEntries } from '../boards/local/container-files'
import { isWithin } from '../boards/local/copy-tree'
import type { ClusterConfig } from '../config/cluster-config'
import { reachesBeyond } from '../config/listen-config'

/** A path on the manager's host that an application names. */
export interface NamedPath {
  field: string
  path: string
}

/** Every path that a config names. */
export const pathsOf = (config: ContainerConfig): NamedPath[] =>
  [
    { field: 'script_path', path: config.script_path },
    { field: 'image_path', path: config.image_path },
    { field: 'image_filename', path: config.image_path && config.image_filename ? join(config.image_path, config.image_filename) : null },
    ...copyEntries(config).map(({ From }, index) => ({ field: `copy[${index}].From`, path: From })),
  ].filter((named): named is NamedPath => typeof named.path === 'string' && named.path !== '')

/**
 * Whether the cluster may read these: who may manage from another machine does not thereby read every file of the manager's host.
 *
 * Links are followed first. Without `file_roots` everything is allowed while only this machine reaches the manager, and nothing else.
 *
 * @throws InvalidArgumentError (302) naming field, path and what is allowed
 */
export async function requireInRoots(config: ClusterConfig, paths: readonly NamedPath[]): Promise<void> {
  const roots = config.file_roots ?? (reachesBeyond(config.listen) ? [] : undefined)
  if (roots === undefined || paths.length === 0) return
  const real = await Promise.all(roots.map(whereItLies))
  for (const { field, path } of paths) {
    const place = await whereItLies(path)
    if (real.some((root) => isWithin(place, root))) continue
    const allowed =
      roots.length > 0 ? `it must lie below ${roots.join(' or ')}` : 'no folder is allowed while the manager listens beyond loopback'
    throw clusterError('invalidParameter', {
      detail: `${field} is ${JSON.stringify(path)}, and ${allowed} (file_roots in cluster.yaml says which folders applications may name)`,
      details: { field, value: path, file_roots: roots },
    })
  }
}

/** What is not there is judged by its name; whoever reads it will say that it is missing. */
const whereItLies = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
