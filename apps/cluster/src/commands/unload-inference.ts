import { asAIClusterError, type CommandOf, clusterError, type UnloadView } from '@aicluster/protocol'
import { isBoardFailure } from '../boards/board-failure'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { InferenceRecord } from '../registry/inference-record'
import { projectQueues } from '../registry/projection'
import type { CommandCall } from './command-call'
import { handlersOf } from './container-view'
import { type LostContainer, lostBoardsOf, lostIn } from './lost-boards'
import { reachBoardsOf } from './reach-boards'
import { imagesOf, removeImages } from './remove-images'
import { boardsOf, containersOf, type SelectedContainer, selectRecords } from './select'
import { restoreAll } from './take-back'

/** How often a drain looks whether everything is done, in ms. */
const DRAIN_POLL_MS = 20

/** What an unload takes away. */
interface Leaving {
  records: readonly InferenceRecord[]
  /** Those of its containers that are stopped. */
  there: readonly SelectedContainer[]
  /** Those that are only forgotten. */
  lost: readonly LostContainer[]
  /** What stays of each record. */
  remaining: readonly InferenceRecord[]
}

/**
 * Stop and forget the selected containers, all or none. Nothing changes while anything of them is queued or in process, nor where a
 * board of theirs is down.
 *
 * With `force` those on boards that are down are only forgotten, whatever they hold: they are let in no more, and swept away once their
 * board is back.
 */
export async function unloadInference(plane: ControlPlane, command: CommandOf<'unload_inference'>, call: CommandCall): Promise<UnloadView> {
  const { inference_name: name, coprocessor_name: selection, delete_image: deleteImage, force } = command
  const boards = selection ? boardsOf(plane, selection).map((board) => board.name) : undefined
  const isSelected = (board: string) => !boards || boards.includes(board)
  const select = () => selectRecords(plane, name).filter((record) => record.boards.some(isSelected))
  const chosen = select().map((record) => ({ ...record, containers: record.containers.filter(({ board }) => isSelected(board)) }))
  const reasons = force ? await lostBoardsOf(plane, chosen, call) : await reachBoardsOf(plane, chosen, call)
  const takeAway = async (records: readonly InferenceRecord[]) => {
    const containers = containersOf(records).filter(({ container }) => isSelected(container.board))
    const lost = lostIn(containers, reasons ?? new Map())
    const there = containers.filter((selected) => !lost.some(({ container }) => container === selected.container))
    const used = deleteImage ? await imagesOf(plane, there) : []
    const leaving = { records, there, lost, remaining: records.map((record) => without(record, boards)) }
    return { lost: await unload(plane, leaving, command, call), images: await removeImages(plane, used) }
  }
  const { images, lost } = await plane.locks.with(
    () => select().flatMap(({ config }) => servedNames(config)),
    async () => {
      // Read anew: its containers may just have been started again.
      const records = select()
      return plane.given.holding(
        records.map(({ trees }) => trees),
        () => takeAway(records),
      )
    },
    call.signal,
  )
  const forgotten = lost.map(({ container, reason }) => ({ suffix_name: container.suffix_name, board: container.board, reason }))
  return { containers: handlersOf(plane, plane.registry.all()), images, forgotten }
}

/** @returns the containers that could not be stopped, and are forgotten */
async function unload(
  plane: ControlPlane,
  leaving: Leaving,
  { drain_ms: drainMs = 0, force }: CommandOf<'unload_inference'>,
  call: CommandCall,
): Promise<LostContainer[]> {
  const { there, remaining } = leaving
  const names = orphanedNames(plane, remaining)
  await removeWhenIdle(plane, leaving, names, drainMs, call.signal)
  const failures = await setAside(plane, there)
  const failed = failures.find(({ error }) => !force || !isBoardFailure(error))
  if (failed) {
    await takeBackUnload(plane, leaving, names, call)
    throw failed.error
  }
  const gone = remaining.filter(({ containers }) => containers.length === 0).map(({ config }) => config.name)
  try {
    await plane.registry.change(
      remaining.filter(({ containers }) => containers.length > 0),
      gone,
    )
  } catch (error) {
    await takeBackUnload(plane, leaving, names, call)
    throw error
  }
  for (const name of gone) await plane.files.delete(name)
  await plane.project()
  const lost = [...leaving.lost, ...failures.map(({ error, ...selected }) => ({ ...selected, reason: asAIClusterError(error).message }))]
  for (const { container, reason } of lost) {
    plane.fleet.forget(container.instance)
    const what = { container: container.suffix_name, board: container.board, reason }
    plane.options.log.warn(what, 'a container is forgotten that may still run')
    plane.boardWatch.lookAgain(container.board)
  }
  await Promise.all(there.map((selected) => remove(plane, selected)))
  return lost
}

async function remove(plane: ControlPlane, { container: { board, instance } }: SelectedContainer): Promise<void> {
  // Nobody has got to see it since the manager started: what is there of it is swept away.
  if (!plane.fleet.get(instance)) plane.boardWatch.lookAgain(board)
  await plane.fleet.removeOrLeave(instance)
}

/** @returns those with which it did not work */
async function setAside(
  plane: ControlPlane,
  containers: readonly SelectedContainer[],
): Promise<(SelectedContainer & { error: unknown })[]> {
  const failed: (SelectedContainer & { error: unknown })[] = []
  await Promise.all(
    containers.map((selected) => plane.fleet.setAside(selected.container.instance).catch((error) => failed.push({ ...selected, error }))),
  )
  return failed
}

/** A board has gone in the middle, or the disk is full: what was stopped runs again, and everything is registered as before. */
async function takeBackUnload(plane: ControlPlane, leaving: Leaving, names: readonly string[], call: CommandCall): Promise<void> {
  const stopped = [...leaving.there, ...leaving.lost].map(({ container }) => container)
  for (const record of leaving.records) await restoreAll(plane, record, stopped, 'unload_inference', call)
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
  { records, there, lost }: Leaving,
  orphaned: readonly string[],
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const instancesOf = (selected: readonly SelectedContainer[]) => selected.map(({ container }) => container.instance)
  // What waits for containers that are all lost waits in vain.
  const served = new Set(there.flatMap(({ record }) => servedNames(record.config)))
  const names = orphaned.filter((name) => served.has(name))
  const what = {
    instances: instancesOf(there),
    names,
    keepQueues: false,
    lost: { instances: instancesOf(lost), names: orphaned.filter((name) => !served.has(name)) },
  }
  const giveUpAt = performance.now() + drainMs
  while (!(await plane.options.dataPlane.call('removeIfIdle', what))) {
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
