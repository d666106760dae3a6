import { basename, dirname } from 'node:path'
import { type ContainerConfig, type CopyEntry, namedPaths } from '@aicluster/protocol'

/** What a container is made from: a config, and the trees that take the places of paths in it. */
export interface Sources {
  config: ContainerConfig
  /** By path as the config names it: SHA-256 of the tree's list. Paths that are not among them are read on the manager's host. */
  trees?: Readonly<Record<string, string>> | undefined
}

/** The trees of these that a config names; undefined: none. */
export function treesOf(config: ContainerConfig, trees: ReadonlyMap<string, string>): Record<string, string> | undefined {
  const own = namedPaths(config).flatMap(({ path }) => {
    const tree = trees.get(path)
    return tree === undefined ? [] : [[path, tree] as const]
  })
  return own.length === 0 ? undefined : Object.fromEntries(own)
}

/** Whether a path was sent. */
export const isSent = ({ trees }: Pick<Sources, 'trees'>, path: string): boolean => trees !== undefined && Object.hasOwn(trees, path)

/** A config with the places of what was sent instead of the application's paths. */
export function placedConfig({ config, trees }: Sources, placeOf: (tree: string, path: string) => string): ContainerConfig {
  if (!trees) return config
  const at = (path: string): string => (isSent({ trees }, path) ? placeOf(trees[path] as string, path) : path)
  const placed: ContainerConfig = { ...config }
  if (config.script_path) placed.script_path = at(config.script_path)
  const copied = (entry: CopyEntry): CopyEntry => ({ ...entry, From: at(entry.From) })
  if (config.copy) placed.copy = Array.isArray(config.copy) ? config.copy.map(copied) : copied(config.copy)
  const image = namedPaths(config).find(({ field, path }) => field.startsWith('image_') && isSent({ trees }, path))
  if (image?.field === 'image_path') placed.image_path = at(image.path)
  else if (image) Object.assign(placed, { image_path: dirname(at(image.path)), image_filename: basename(at(image.path)) })
  return placed
}
