import type { CommandOf, ContainerHandlerView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { containerView } from './container-view'
import { containersOf, selectRecords } from './select'

/** Every registered container that serves the inference, or every one. */
export async function getContainerHandler(
  plane: ControlPlane,
  command: CommandOf<'get_container_handler'>,
): Promise<ContainerHandlerView[]> {
  return containersOf(selectRecords(plane, command.inference_name)).map(({ record, container }) =>
    containerView(record, container, plane.options.config.defaults),
  )
}
