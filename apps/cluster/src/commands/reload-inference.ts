import { type CommandOf, type ContainerHandlerView, clusterError } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { requireProcessesAllowed } from '../control-plane/processes-allowed'
import { treesOf } from '../given/placed-config'
import { servedNames } from '../registry/container-config-rules'
import { parseInferenceFile, requireSameIdentity } from '../registry/inference-file'
import type { InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { handlersOf } from './container-view'
import { requireDistinctNames } from './distinct-names'
import { requireSourcesInRoots } from './file-roots'
import { reachBoardsOf } from './reach-boards'
import { rollOut } from './rollout'
import type { Rollout } from './rollout-progress'

/**
 * Start what is registered anew, from its config file, which may have been edited; or register what has a file only. If what is in
 * the file does not start, what ran before runs again.
 */
export async function reloadInference(
  plane: ControlPlane,
  command: CommandOf<'reload_inference'>,
  call: CommandCall,
): Promise<ContainerHandlerView[]> {
  const { inference_name: name } = command
  await reachBoardsOf(plane, [plane.registry.get(name)], call)
  const names = () => {
    const registered = plane.registry.get(name)
    return registered ? servedNames(registered.config) : [name]
  }
  return plane.locks.with(names, async () => {
    // Read anew: its containers may just have been started again.
    const before = plane.registry.get(name)
    const held = new Set(names().map((held) => held.toLowerCase()))
    const record = await readFile(plane, name, before)
    // The file may name further inferences, which another command may hold.
    const further = servedNames(record.config).filter((served) => !held.has(served.toLowerCase()))
    return plane.locks.with(further, async () => {
      requireDistinctNames(plane, [record.config])
      // Whoever has edited the file may name what was not sent: the cluster reads it, under the rules of a load.
      const boards = record.boards.map((board) => ({ name: board }))
      requireProcessesAllowed(plane.options.config, record.config, boards)
      await requireSourcesInRoots(plane.options.config, record)
      return handlersOf(plane, await rollOut(plane, [rolloutOf(record, before)], command.cmd, call))
    })
  })
}

async function readFile(plane: ControlPlane, name: string, before: InferenceRecord | undefined): Promise<InferenceRecord> {
  const text = await plane.registry.readFile(name)
  if (text === undefined) throw before ? fileMissing(plane, name) : notFound(plane, name)
  const record = parseInferenceFile(name, text)
  if (before) requireSameIdentity(before, record)
  for (const board of record.boards) {
    if (plane.boards.has(board)) continue
    throw clusterError('configFileMismatch', {
      detail: `${name}: boards names ${JSON.stringify(board)}, which is no board of this cluster (${plane.boards.names().join(', ')})`,
      details: { inference_name: name, field: 'boards', value: board },
    })
  }
  return record
}

const fileMissing = (plane: ControlPlane, name: string) =>
  clusterError('configFileMissing', {
    detail: `${name}: ${plane.registry.pathOf(name)} is gone; unload_inference and load_inference make it anew`,
    details: { inference_name: name },
  })

function notFound(plane: ControlPlane, name: string) {
  const owners = plane.registry.all().filter(({ config }) => servedNames(config).includes(name))
  const hint =
    owners.length > 0 ? `it is served by ${owners.map(({ config }) => config.name).join(', ')}: reload that` : 'it has no config file'
  return clusterError('inferenceNotFound', { detail: `${name}; ${hint}`, details: { inference_name: name } })
}

/** Containers keep their names, and the distribution that the file says. All are started, also those that were stopped. */
const rolloutOf = ({ config, boards, containers, trees = {} }: InferenceRecord, before: InferenceRecord | undefined): Rollout => ({
  config,
  trees: treesOf(config, new Map(Object.entries(trees))),
  before,
  replace: before !== undefined,
  keepFiles: true,
  boards: boards.map((name) => {
    const own = containers.find(({ board }) => board === name)
    return { name, suffixName: own?.suffix_name, distributionOff: own?.distribution_off }
  }),
})
