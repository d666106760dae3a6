import { type CommandOf, type ContainerHandlerView, clusterError } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import { projectQueues } from '../registry/projection'
import type { CommandCall } from './command-call'
import { handlersOf } from './container-view'
import { boardsOf, containersOf, selectRecords } from './select'

/** How often a drain looks whether everything is done, in ms. */
const DRAIN_POLL_MS = 20

/** Stop and forget the selected containers. Nothing changes while anything of them is queued or in process. */
export async function unloadInference(
  plane: ControlPlane,
  command: CommandOf<'unload_inference'>,
  call: CommandCall,
): Promise<ContainerHandlerView[]> {
  const { inference_name: name, coprocessor_name: selection, drain_ms: drainMs = 0 } = command
  const boards = selection ? boardsOf(plane, selection).map((board) => board.name) : undefined
  const records = selectRecords(plane, name).filter((record) => !boards || record.boards.some((board) => boards.includes(board)))
  await plane.locks.with(
    records.flatMap(({ config }) => servedNames(config)),
    () => unload(plane, records, boards, drainMs, call.signal),
  )
  return handlersOf(plane, plane.registry.all())
}

async function unload(
  plane: ControlPlane,
  records: readonly InferenceRecord[],
  boards: readonly string[] | undefined,
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const leaving = containersOf(records).filter(({ container }) => !boards || boards.includes(container.board))
  const instances = leaving.map(({ container }) => container.instance)
  const remaining = records.map((record) => without(record, boards))
  await removeWhenIdle(plane, instances, orphanedNames(plane, remaining), records, drainMs, signal)
  await Promise.all(instances.map((instance) => plane.fleet.remove(instance)))
  for (const record of remaining) {
    if (record.containers.length === 0) {
      await plane.registry.delete(record.config.name)
      await plane.files.delete(record.config.name)
    } else await plane.registry.set(record)
  }
  await plane.project()
}

const without = (record: InferenceRecord, boards: readonly string[] | undefined): InferenceRecord => ({
  ...record,
  boards: boards ? record.boards.filter((name) => !boards.includes(name)) : [],
  containers: boards ? record.containers.filter(({ board }) => !boards.includes(board)) : [],
})

/** Inference names that nobody serves any more once these records are what they will be. */
function orphanedNames(plane: ControlPlane, remaining: readonly InferenceRecord[]): string[] {
  const { defaults } = plane.options.config
  const changed = new Map(remaining.map((record) => [record.config.name, record]))
  const after = plane.registry.all().flatMap((record) => {
    const next = changed.get(record.config.name) ?? record
    return next.containers.length > 0 ? [next] : []
  })
  const kept = projectQueues(after, defaults)
  return [...projectQueues(plane.registry.all(), defaults).keys()].filter((name) => !kept.has(name))
}

async function removeWhenIdle(
  plane: ControlPlane,
  instances: string[],
  names: string[],
  records: readonly InferenceRecord[],
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = performance.now() + drainMs
  while (!(await plane.options.dataPlane.call('removeIfIdle', { instances, names, keepQueues: false }))) {
    signal.throwIfAborted()
    if (performance.now() >= giveUpAt) {
      const unloaded = records.map(({ config }) => config.name)
      throw clusterError('processesInUse', {
        detail: `${unloaded.join(', ')}: requests are queued or in process${drainMs > 0 ? ` still after ${drainMs} ms (drain_ms)` : '; wait for them, or give drain_ms'}`,
        details: { inference_names: unloaded },
      })
    }
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
  }
}
