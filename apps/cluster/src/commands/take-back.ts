import type { CommandName } from '@aicluster/protocol'
import { isBoardFailure } from '../boards/board-failure'
import { type FleetWork, UNATTENDED } from '../control-plane/container-fleet'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { workOf } from './progress'
import type { RolloutProgress } from './rollout-progress'

/** What a rollout has started goes, what it has replaced runs again, and the registry is as it was. */
export async function takeBack(plane: ControlPlane, progress: RolloutProgress, cmd: CommandName, call: CommandCall): Promise<void> {
  const { rollout, started, replacing, registered } = progress
  const { before, config } = rollout
  for (const { instance } of started) await plane.options.dataPlane.call('forgetContainer', instance)
  await Promise.all(started.map(({ instance }) => plane.fleet.removeOrLeave(instance)))
  if (before && replacing) {
    const containers = await Promise.all(before.containers.map((container) => restore(plane, before, container, cmd, call)))
    await plane.registry.set({ ...before, containers })
  } else if (registered && before) await plane.registry.set(before)
  else if (registered) await plane.registry.delete(config.name)
}

/** What was set aside runs again, with its own files. Whatever goes wrong, it stays registered. */
export async function restore(
  plane: ControlPlane,
  record: InferenceRecord,
  container: ContainerRecord,
  cmd: CommandName,
  call: CommandCall,
): Promise<ContainerRecord> {
  const { config } = record
  const { board, suffix_name: suffix, instance } = container
  if (implementationOf(config) === 'Loop') return container
  const work: FleetWork = { ...UNATTENDED, report: workOf(call, cmd, config.name, board, suffix).report }
  work.report('restore')
  const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
  try {
    await plane.fleet.bringBack(instance)
    if (container.stopped) return container
    return await plane.fleet.startAgain(record, container, { startTimeoutMs, work, withFiles: true })
  } catch (error) {
    plane.options.log.error(
      { container: suffix, board, err: error },
      'what was replaced does not get ready again; its board goes on trying',
    )
    // On a board that is gone it may run on as it did; what is missing there is mended when the board comes back.
    if (isBoardFailure(error)) return expectAgain(plane, record, container)
    return plane.fleet.restart(record, container).catch(() => expectAgain(plane, record, container))
  }
}

async function expectAgain(plane: ControlPlane, record: InferenceRecord, container: ContainerRecord): Promise<ContainerRecord> {
  if (!container.stopped) await plane.fleet.expectAgain(record, container)
  plane.boardWatch.lookAgain(container.board, container.instance)
  return container
}
