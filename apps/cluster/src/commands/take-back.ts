import type { CommandName } from '@aicluster/protocol'
import { isBoardFailure } from '../boards/board-failure'
import { type FleetWork, UNATTENDED } from '../control-plane/container-fleet'
import type { ControlPlane } from '../control-plane/control-plane'
import { processesRefusal } from '../control-plane/processes-allowed'
import { implementationOf } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import type { CommandCall } from './command-call'
import { workOf } from './progress'
import type { RolloutProgress } from './rollout-progress'

/** What a rollout has started goes, and what it has replaced runs again. Whatever goes wrong, the rest is done. */
export async function takeBack(plane: ControlPlane, progress: RolloutProgress, cmd: CommandName, call: CommandCall): Promise<void> {
  const { rollout, started, replacing } = progress
  const { before } = rollout
  for (const { instance } of started) await plane.options.dataPlane.call('forgetContainer', instance)
  await removeAll(plane, started)
  if (before && replacing) await restoreAll(plane, before, before.containers, cmd, call)
}

/** Containers that are registered no more go from their boards. What cannot be removed is said, and keeps nobody from the rest. */
export async function removeAll(plane: ControlPlane, containers: readonly ContainerRecord[]): Promise<void> {
  const { log } = plane.options
  await Promise.all(
    containers.map(({ instance, suffix_name: container, board }) =>
      plane.fleet.removeOrLeave(instance).catch((error) => log.error({ container, board, err: error }, 'a container could not be removed')),
    ),
  )
}

/** Those containers of an inference that were set aside run again, and are registered as they are now. */
export async function restoreAll(
  plane: ControlPlane,
  record: InferenceRecord,
  aside: readonly ContainerRecord[],
  cmd: CommandName,
  call: CommandCall,
): Promise<void> {
  const containers = await Promise.all(
    record.containers.map((container) => (aside.includes(container) ? restore(plane, record, container, cmd, call) : container)),
  )
  await plane.registry
    .keep({ ...record, containers })
    .catch((error) =>
      plane.options.log.error(
        { inference: record.config.name, err: error },
        'what runs again could not be written: tried with the next change',
      ),
    )
}

/** What was set aside runs again, with its own files. Whatever goes wrong, it stays registered. */
async function restore(
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
    if (container.stopped || processesRefusal(plane.options.config, config, board) !== undefined) return container
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
