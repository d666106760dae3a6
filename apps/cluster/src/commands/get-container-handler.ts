import type { CommandOf, ContainerHandlerView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { handlersOf } from './container-view'
import { selectRecords } from './select'

/** Every registered container that serves the inference, or every one. */
export async function getContainerHandler(
  plane: ControlPlane,
  command: CommandOf<'get_container_handler'>,
): Promise<ContainerHandlerView[]> {
  return handlersOf(plane, selectRecords(plane, command.inference_name))
}
