import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { changeProgram } from './change-program'
import type { CommandCall } from './command-call'
import { drainContainers } from './drain'
import { withContainer } from './registered-container'

/**
 * End the program of a container, which stays registered. It gets nothing more, finishes what it has in hand within the drain
 * time-out of the cluster, and is told to end; what it then still holds ends with 402, or is redelivered. Its queues go on accepting.
 */
export function stop(plane: ControlPlane, command: CommandOf<'stop'>, call: CommandCall): Promise<ContainerStatusView> {
  return changeProgram(plane, command, call, async ({ record, container }) => {
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
  })
}
