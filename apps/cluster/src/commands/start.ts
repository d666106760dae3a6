import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { requireProcessesAllowed } from '../control-plane/processes-allowed'
import { changeProgram } from './change-program'
import type { CommandCall } from './command-call'
import { workOf } from './progress'
import { withContainer } from './registered-container'

/**
 * Run the program of a container that was stopped, or has ended, and wait until it takes requests. One that runs is left as it is.
 * If it does not get ready, it is stopped as it was.
 * @throws InvalidArgumentError (302) it is a plain process, which its board does not run any more
 */
export function start(plane: ControlPlane, command: CommandOf<'start'>, call: CommandCall): Promise<ContainerStatusView> {
  return changeProgram(plane, command, call, async ({ record, container }) => {
    const { config } = record
    requireProcessesAllowed(plane.options.config, config, [{ name: container.board }])
    const runs = (await plane.fleet.get(container.instance)?.runtime())?.state === 'running'
    if (runs && !container.stopped) return
    const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
    const work = workOf(call, command.cmd, config.name, command.coprocessor_name, command.suffix_name)
    const started = await plane.fleet.startAgain(record, container, { startTimeoutMs, work, withFiles: true })
    await plane.registry.set(withContainer(record, started))
  })
}
