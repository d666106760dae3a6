import { type CommandOf, clusterError, type UnloadView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import { projectQueues } from '../registry/projection'
import type { CommandCall } from './command-call'
import { handlersOf } from './container-view'
import { reachBoardsOf } from './reach-boards'
import { imagesOf, removeImages } from './remove-images'
import { boardsOf, containersOf, type SelectedContainer, selectRecords } from './select'
import { restore } from './take-back'

/** How often a drain looks whether everything is done, in ms. */
const DRAIN_POLL_MS = 20

/** What an unload takes away. */
interface Leaving {
  records: readonly InferenceRecord[]
  /** Those of its containers that go. */
  containers: readonly SelectedContainer[]
  /** What stays of each record. */
  remaining: readonly InferenceRecord[]
}

/**
 * Stop and forget the selected containers, all or none. Nothing changes while anything of them is queued or in process, nor where a
 * board of theirs is down.
 */
export async function unloadInference(plane: ControlPlane, command: CommandOf<'unload_inference'>, call: CommandCall): Promise<UnloadView> {
  const { inference_name: name, coprocessor_name: selection, drain_ms: drainMs = 0 } = command
  const boards = selection ? boardsOf(plane, selection).map((board) => board.name) : undefined
  const select = () => selectRecords(plane, name).filter((record) => !boards || record.boards.some((board) => boards.includes(board)))
  await reachBoardsOf(
    plane,
    select().map((record) => ({ ...record, containers: record.containers.filter(({ board }) => !boards || boards.includes(board)) })),
  )
  // Only now: it may just have been taken over, and have another record.
  const records = select()
  const takeAway = () =>
    plane.locks.with(
      records.flatMap(({ config }) => servedNames(config)),
      async () => {
        const containers = containersOf(records).filter(({ container }) => !boards || boards.includes(container.board))
        const leaving = { records, containers, remaining: records.map((record) => without(record, boards)) }
        const used = command.delete_image ? await imagesOf(plane, containers) : []
        await unload(plane, leaving, drainMs, call)
        return removeImages(plane, used)
      },
    )
  const images = await plane.given.holding(
    records.map(({ trees }) => trees),
    takeAway,
  )
  return { containers: handlersOf(plane, plane.registry.all()), images }
}

async function unload(plane: ControlPlane, leaving: Leaving, drainMs: number, call: CommandCall): Promise<void> {
  const { records, containers, remaining } = leaving
  const instances = containers.map(({ container }) => container.instance)
  const names = orphanedNames(plane, remaining)
  await removeWhenIdle(plane, instances, names, records, drainMs, call.signal)
  const results = await Promise.allSettled(instances.map((instance) => plane.fleet.setAside(instance)))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) {
    await takeBackUnload(plane, leaving, names, call)
    throw failed.reason
  }
  for (const record of remaining) {
    if (record.containers.length === 0) {
      await plane.registry.delete(record.config.name)
      await plane.files.delete(record.config.name)
    } else await plane.registry.set(record)
  }
  await plane.project()
  await Promise.all(instances.map((instance) => plane.fleet.removeOrLeave(instance)))
}

/** A board has gone in the middle: what was stopped runs again, and everything is registered as before. */
async function takeBackUnload(plane: ControlPlane, leaving: Leaving, names: readonly string[], call: CommandCall): Promise<void> {
  const stopped = new Set(leaving.containers.map(({ container }) => container.instance))
  for (const record of leaving.records) {
    const containers = await Promise.all(
      record.containers.map((container) =>
        stopped.has(container.instance) ? restore(plane, record, container, 'unload_inference', call) : container,
      ),
    )
    await plane.registry.set({ ...record, containers })
  }
  await plane.project(names)
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
