import type { CommandOf, ContainerLogView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { requireContainer, requireProgram } from './select'

/** What a container's program has printed, from a place on or the last lines. Nothing while its board could not start it yet. */
export async function getContainerLog(plane: ControlPlane, command: CommandOf<'get_container_log'>): Promise<ContainerLogView> {
  const { record, container } = requireContainer(plane, command.suffix_name)
  requireProgram(record, command.cmd)
  const log = await plane.fleet.get(container.instance)?.readLog(command)
  return log ?? { lines: [], next: command.after ?? '0.0' }
}
