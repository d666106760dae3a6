import { type CommandName, clusterError } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { drainContainers } from './drain'
import { prepareBoards } from './prepare-boards'
import { workOf } from './progress'
import { droppedNames, instancesOf, nextRecord, type Rollout, type RolloutProgress, standsBeside, suffixNamesOf } from './rollout-progress'
import { requireBoard } from './select'
import { uniqueSuffix } from './suffix-name'
import { removeAll, takeBack } from './take-back'

/**
 * Carry out rollouts, all or nothing, while holding the locks of their names: whatever fails, or is given up, what was started is
 * removed, what was replaced runs again with the files it had, and the registry is as it was.
 *
 * @returns what is registered now, in the order of the rollouts
 * @throws InvalidArgumentError (201, 301, 302) a board cannot run it; CoprocessorNotFoundError (304) one is gone; InvalidOperationError (303) what is to be replaced is busy;
 *   ContainerStartError (311); RequestAbortedError (312); SshConnectionError (500) a board is down, or goes down before the end
 */
export async function rollOut(
  plane: ControlPlane,
  rollouts: readonly Rollout[],
  cmd: CommandName,
  call: CommandCall,
): Promise<InferenceRecord[]> {
  const names = rollouts.flatMap(({ boards }) => boards.map(({ name }) => name))
  // One may have been removed since it was chosen.
  for (const name of names) requireBoard(plane, name)
  const release = plane.boards.hold(names)
  // What is replaced may keep its name on its board for longer than in the registry.
  const ownNames = new Set(rollouts.flatMap(({ before }) => suffixNamesOf(before)))
  plane.namesInWork.add(ownNames)
  try {
    // What is replaced may have to run again, from the files that it had.
    const trees = rollouts.flatMap(({ trees, before }) => [trees, before?.trees])
    return await plane.given.holding(trees, () => rollOutHeld(plane, rollouts, ownNames, cmd, call))
  } finally {
    plane.namesInWork.delete(ownNames)
    release()
  }
}

/** @param ownNames - names of containers that are this command's; those that it makes are added */
async function rollOutHeld(
  plane: ControlPlane,
  rollouts: readonly Rollout[],
  ownNames: Set<string>,
  cmd: CommandName,
  call: CommandCall,
): Promise<InferenceRecord[]> {
  await checkBoards(plane, rollouts, cmd, call)
  const under: RolloutProgress[] = []
  const dropped = rollouts.flatMap((rollout) => droppedNames(rollout, plane.registry.all()))
  try {
    // One inference after another, its boards side by side: a failure then knows what to take back.
    for (const rollout of rollouts) {
      const progress: RolloutProgress = { rollout, started: [], replacing: false }
      under.push(progress)
      if (standsBeside(rollout)) await requireDroppedIdle(plane, rollout, cmd, 'isIdle')
      else if (rollout.replace && rollout.before) {
        await requireIdle(plane, rollout.before, cmd)
        await prepareBoards(plane, rollout, cmd, call)
        await setAside(plane, progress, cmd, call)
      }
      await startAll(plane, progress, ownNames, cmd, call)
    }
    // From here on it is no longer given up. Who has asked for a name meanwhile that nobody will serve is not refused.
    for (const { rollout } of under) if (standsBeside(rollout)) await requireDroppedIdle(plane, rollout, cmd, 'removeIfIdle')
    for (const { rollout, started } of under) {
      const instances = started.map(({ instance }) => instance)
      if (!rollout.keepFiles) await plane.files.replacing(rollout.config.name, instances)
    }
    await plane.registry.change(under.map(nextRecord))
  } catch (error) {
    for (const progress of under.reverse()) await takeBack(plane, progress, cmd, call)
    await plane.project(dropped)
    throw error
  }
  await plane.project(dropped)
  for (const { started } of under) for (const { instance } of started) await plane.fleet.release(instance)
  for (const { rollout, replacing } of under) {
    if (standsBeside(rollout)) await relieve(plane, instancesOf(rollout.before))
    if (replacing || standsBeside(rollout)) await removeAll(plane, rollout.before?.containers ?? [])
    if (!rollout.keepFiles) await plane.files.delete(rollout.config.name)
  }
  return under.map(nextRecord)
}

/** The new containers get requests: the old ones get nothing more, finish what they hold, and go. */
async function relieve(plane: ControlPlane, instances: readonly string[]): Promise<void> {
  await drainContainers(plane, instances)
  for (const instance of instances) await plane.options.dataPlane.call('forgetContainer', instance)
}

/**
 * Inference names that nobody serves any more.
 * @param how - whether their queues go as well, in the same step
 * @throws InvalidOperationError (303) requests to them are queued or in process
 */
async function requireDroppedIdle(plane: ControlPlane, rollout: Rollout, cmd: CommandName, how: 'isIdle' | 'removeIfIdle'): Promise<void> {
  const names = droppedNames(rollout, plane.registry.all())
  if (await plane.options.dataPlane.call(how, { instances: [], names, keepQueues: false })) return
  throw busy(rollout.config.name, `of ${names.join(', ')}, which it serves no more,`, cmd)
}

const busy = (name: string, whose: string, cmd: CommandName) =>
  clusterError('processesInUse', {
    detail: `${name}: requests ${whose} are queued or in process; ${cmd === 'load_inference' ? 'force_update' : cmd} needs it idle: wait for them`,
    details: { inference_name: name },
  })

async function checkBoards(plane: ControlPlane, rollouts: readonly Rollout[], cmd: CommandName, call: CommandCall): Promise<void> {
  for (const rollout of rollouts) {
    const { config, boards } = rollout
    if (implementationOf(config) === 'Loop') continue
    for (const { name } of boards) {
      call.signal.throwIfAborted()
      workOf(call, cmd, config.name, name, null).report('check')
      await plane.boards.get(name)?.check(plane.given.placed(rollout))
    }
  }
}

/** To be 303 before an image travels in vain. @throws InvalidOperationError (303) */
async function requireIdle(plane: ControlPlane, record: InferenceRecord, cmd: CommandName): Promise<void> {
  if (await plane.options.dataPlane.call('isIdle', { instances: instancesOf(record), names: servedNames(record.config) })) return
  throw busy(record.config.name, 'to it', cmd)
}

/** What runs now goes, but keeps its files until all is well. */
async function setAside(plane: ControlPlane, progress: RolloutProgress, cmd: CommandName, call: CommandCall): Promise<void> {
  const record = progress.rollout.before as InferenceRecord
  // What arrives meanwhile waits for the containers that come.
  const idle = await plane.options.dataPlane.call('removeIfIdle', {
    instances: instancesOf(record),
    names: servedNames(record.config),
    keepQueues: true,
  })
  if (!idle) throw busy(record.config.name, 'to it', cmd)
  progress.replacing = true
  // To its end everywhere, also where one fails: what is taken back must not be on its way out still.
  const results = await Promise.allSettled(
    record.containers.map(({ instance, board, suffix_name }) => {
      workOf(call, cmd, record.config.name, board, suffix_name).report('remove')
      return plane.fleet.setAside(instance)
    }),
  )
  throwFirst(results)
}

/** Start one container per board, side by side. */
async function startAll(
  plane: ControlPlane,
  progress: RolloutProgress,
  ownNames: Set<string>,
  cmd: CommandName,
  call: CommandCall,
): Promise<void> {
  const { config, boards, keepFiles, before, replace } = progress.rollout
  const beside = standsBeside(progress.rollout)
  const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
  const taken = new Set([...plane.registry.all().flatMap(suffixNamesOf), ...[...plane.namesInWork].flatMap((names) => [...names])])
  // What is set aside leaves its name to what takes its place.
  if (replace && !beside) for (const name of suffixNamesOf(before)) taken.delete(name)
  // A name that a container has already stays its own.
  for (const { suffixName } of boards) if (suffixName !== undefined) taken.add(suffixName)
  // Where one fails, the others need not go on.
  const giveUp = new AbortController()
  const signal = AbortSignal.any([call.signal, giveUp.signal])
  const results = await Promise.allSettled(
    boards.map(async ({ name, suffixName, distributionOff = [] }) => {
      const suffix = (beside ? undefined : suffixName) ?? uniqueSuffix(`${config.name}-${name}`, taken)
      ownNames.add(suffix)
      if (implementationOf(config) === 'Loop') return loopRecord(suffix, name)
      const work = workOf({ ...call, signal }, cmd, config.name, name, suffix)
      try {
        return await plane.fleet.start(progress.rollout, suffix, name, { startTimeoutMs, work, withFiles: keepFiles, distributionOff })
      } catch (error) {
        giveUp.abort(error)
        throw error
      }
    }),
  )
  progress.started.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
  if (giveUp.signal.aborted) throw giveUp.signal.reason
  throwFirst(results)
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** A Loop has no program: its record only says where it is registered. */
const loopRecord = (suffixName: string, board: string): ContainerRecord => ({
  instance: `loop-${suffixName}`,
  suffix_name: suffixName,
  board,
  token_sha256: '',
  distribution_off: [],
  created: new Date().toISOString(),
  stopped: false,
})
