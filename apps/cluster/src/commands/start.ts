import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { statusOf } from './container-status'
import { workOf } from './progress'
import { withContainer } from './registered-container'
import { requireBoard, requireContainer, requireProgram } from './select'

/**
 * Run the program of a container that was stopped, or has ended, and wait until it takes requests. One that runs is left as it is.
 * If it does not get ready, it is stopped as it was.
 */
export async function start(plane: ControlPlane, command: CommandOf<'start'>, call: CommandCall): Promise<ContainerStatusView> {
  const { coprocessor_name: board, suffix_name: suffix } = command
  const its = requireBoard(plane, board)
  requireProgram(requireContainer(plane, suffix, board).record, command.cmd)
  await plane.boardWatch.reach([its])
  // Only now: it may just have been taken over, and have another record.
  const { record, container } = requireContainer(plane, suffix, board)
  return plane.locks.with(servedNames(record.config), async () => {
    const { config } = record
    const runs = (await plane.fleet.get(container.instance)?.runtime())?.state === 'running'
    if (container.stopped || !runs) {
      const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
      const work = workOf(call, command.cmd, config.name, board, suffix)
      const started = await plane.fleet.startAgain(record, container, { startTimeoutMs, work, withFiles: true })
      await plane.registry.set(withContainer(record, started))
    }
    const [status] = await statusOf(plane, [requireContainer(plane, suffix, board)])
    return status as ContainerStatusView
  })
}
