import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { statusOf } from './container-status'
import { drainContainers } from './drain'
import { withContainer } from './registered-container'
import { requireBoard, requireContainer, requireProgram } from './select'

/**
 * End the program of a container, which stays registered. It gets nothing more, finishes what it has in hand within the drain
 * time-out of the cluster, and is told to end; what it then still holds ends with 402, or is redelivered. Its queues go on accepting.
 */
export async function stop(plane: ControlPlane, command: CommandOf<'stop'>, call: CommandCall): Promise<ContainerStatusView> {
  const { coprocessor_name: board, suffix_name: suffix } = command
  const its = requireBoard(plane, board)
  requireProgram(requireContainer(plane, suffix, board).record, command.cmd)
  await plane.boardWatch.reach([its])
  // Only now: it may just have been taken over, and have another record.
  const { record, container } = requireContainer(plane, suffix, board)
  return plane.locks.with(servedNames(record.config), async () => {
    const { instance } = container
    if (!container.stopped) {
      await drainContainers(plane, [instance], call.signal)
      // From here on it is no longer given up; a manager that dies now leaves the rest to its successor.
      await plane.registry.set(withContainer(record, { ...container, stopped: true }))
      await plane.options.dataPlane.call('forgetContainer', instance)
    }
    try {
      await plane.fleet.stop(instance)
    } catch (error) {
      // Its board has gone: it runs on, and is registered as before.
      await plane.registry.set(record)
      if (!container.stopped) await plane.fleet.expectAgain(record, container)
      throw error
    }
    const [status] = await statusOf(plane, [requireContainer(plane, suffix, board)])
    return status as ContainerStatusView
  })
}
