import { type CommandName, type ContainerConfig, clusterError } from '@aicluster/protocol'
import { type FleetWork, UNATTENDED } from '../control-plane/container-fleet'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { workOf } from './progress'
import { uniqueSuffix } from './suffix-name'

/** One inference that a command brings to some boards. */
export interface Rollout {
  config: ContainerConfig
  /** What is registered under its name now. */
  before: InferenceRecord | undefined
  /** Whether what runs now has to go first. */
  replace: boolean
  /** Whether the files that were put for it go on counting. */
  keepFiles: boolean
  /** Where containers are started. Those of `before` on other boards stay, unless they are replaced. */
  boards: { name: string; suffixName?: string | undefined; distributionOff?: string[] | undefined }[]
}

/** A rollout under way. */
interface Progress {
  rollout: Rollout
  started: ContainerRecord[]
  /** The data plane has forgotten what was there before, and its programs end. */
  replacing: boolean
  registered: boolean
}

/**
 * Carry out rollouts, all or nothing, while holding the locks of their names: whatever fails, or is given up, what was started is
 * removed, what was replaced runs again with the files it had, and the registry is as it was.
 *
 * @returns what is registered now, in the order of the rollouts
 * @throws InvalidArgumentError (201, 301, 302) a board cannot run it; InvalidOperationError (303) what is to be replaced is busy;
 *   ContainerStartError (311); RequestAbortedError (312)
 */
export async function rollOut(
  plane: ControlPlane,
  rollouts: readonly Rollout[],
  cmd: CommandName,
  call: CommandCall,
): Promise<InferenceRecord[]> {
  await checkBoards(plane, rollouts, cmd, call)
  const under: Progress[] = []
  try {
    // One inference after another, its boards side by side: a failure then knows what to take back.
    for (const rollout of rollouts) {
      const progress: Progress = { rollout, started: [], replacing: false, registered: false }
      under.push(progress)
      if (rollout.replace && rollout.before) await setAside(plane, progress, cmd, call)
      await startAll(plane, progress, cmd, call)
    }
    // From here on it is no longer given up.
    for (const progress of under) {
      progress.registered = true
      await plane.registry.set(nextRecord(progress))
    }
  } catch (error) {
    for (const progress of under.reverse()) await takeBack(plane, progress, cmd, call)
    await plane.project()
    throw error
  }
  for (const { rollout, replacing } of under) {
    if (replacing) await Promise.all(instancesOf(rollout.before).map((instance) => plane.fleet.remove(instance)))
    if (!rollout.keepFiles) await plane.files.delete(rollout.config.name)
  }
  await plane.project()
  return under.map(nextRecord)
}

const instancesOf = (record: InferenceRecord | undefined): string[] => record?.containers.map(({ instance }) => instance) ?? []

function nextRecord({ rollout: { config, before, replace, boards }, started }: Progress): InferenceRecord {
  const kept = replace || !before ? { boards: [], containers: [] } : before
  return {
    version: 1,
    config,
    boards: [...kept.boards, ...boards.map(({ name }) => name)],
    containers: [...kept.containers, ...started],
  }
}

async function checkBoards(plane: ControlPlane, rollouts: readonly Rollout[], cmd: CommandName, call: CommandCall): Promise<void> {
  for (const { config, boards } of rollouts) {
    if (implementationOf(config) === 'Loop') continue
    for (const { name } of boards) {
      call.signal.throwIfAborted()
      workOf(call, cmd, config.name, name, null).report('check')
      await plane.boards.get(name)?.check(config)
    }
  }
}

/** What runs now goes, but keeps its files until all is well. */
async function setAside(plane: ControlPlane, progress: Progress, cmd: CommandName, call: CommandCall): Promise<void> {
  const record = progress.rollout.before as InferenceRecord
  // What arrives meanwhile waits for the containers that come.
  const idle = await plane.options.dataPlane.call('removeIfIdle', {
    instances: instancesOf(record),
    names: servedNames(record.config),
    keepQueues: true,
  })
  if (!idle) {
    throw clusterError('processesInUse', {
      detail: `${record.config.name}: requests are queued or in process; ${cmd === 'load_inference' ? 'force_update' : cmd} needs it idle: wait for them`,
      details: { inference_name: record.config.name },
    })
  }
  progress.replacing = true
  await Promise.all(
    record.containers.map(({ instance, board, suffix_name }) => {
      workOf(call, cmd, record.config.name, board, suffix_name).report('remove')
      return plane.fleet.setAside(instance)
    }),
  )
}

/** Start one container per board, side by side. */
async function startAll(plane: ControlPlane, progress: Progress, cmd: CommandName, call: CommandCall): Promise<void> {
  const { config, boards, keepFiles, before, replace } = progress.rollout
  const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
  const others = plane.registry.all().filter((record) => !replace || record.config.name !== before?.config.name)
  const taken = new Set(others.flatMap(({ containers }) => containers.map(({ suffix_name }) => suffix_name)))
  // A name that a container has already stays its own.
  for (const { suffixName } of boards) if (suffixName !== undefined) taken.add(suffixName)
  const results = await Promise.allSettled(
    boards.map(async ({ name, suffixName, distributionOff = [] }) => {
      const suffix = suffixName ?? uniqueSuffix(`${config.name}-${name}`, taken)
      if (implementationOf(config) === 'Loop') return loopRecord(suffix, name)
      const work = workOf(call, cmd, config.name, name, suffix)
      return plane.fleet.start(config, suffix, name, { startTimeoutMs, work, withFiles: keepFiles, distributionOff })
    }),
  )
  progress.started.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])))
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
  stopped: false,
})

async function takeBack(plane: ControlPlane, progress: Progress, cmd: CommandName, call: CommandCall): Promise<void> {
  const { rollout, started, replacing, registered } = progress
  const { before, config } = rollout
  for (const { instance } of started) await plane.options.dataPlane.call('forgetContainer', instance)
  await Promise.all(started.map(({ instance }) => plane.fleet.remove(instance)))
  if (before && replacing) {
    const containers = await Promise.all(before.containers.map((container) => restore(plane, before, container, cmd, call)))
    await plane.registry.set({ ...before, containers })
  } else if (registered && before) await plane.registry.set(before)
  else if (registered) await plane.registry.delete(config.name)
}

/** What was replaced runs again, with its own files. Whatever goes wrong, it stays registered. */
async function restore(
  plane: ControlPlane,
  { config }: InferenceRecord,
  container: ContainerRecord,
  cmd: CommandName,
  call: CommandCall,
): Promise<ContainerRecord> {
  const { board, suffix_name: suffix, instance } = container
  if (implementationOf(config) === 'Loop') return container
  const work: FleetWork = { ...UNATTENDED, report: workOf(call, cmd, config.name, board, suffix).report }
  work.report('restore')
  const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
  try {
    await plane.fleet.bringBack(instance)
    if (container.stopped) return container
    return await plane.fleet.startAgain(config, container, { startTimeoutMs, work, withFiles: true })
  } catch (error) {
    plane.options.log.error(
      { container: suffix, board, err: error },
      'what was replaced does not get ready again; its board goes on trying',
    )
    return plane.fleet.restart(config, container).catch(() => container)
  }
}
