import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { statusOf } from './container-status'
import { containersOf, selectRecords } from './select'

/** State and use of every container that serves the inference, or of every one. */
export const getContainerStatus = (plane: ControlPlane, command: CommandOf<'get_container_status'>): Promise<ContainerStatusView[]> =>
  statusOf(plane, containersOf(selectRecords(plane, command.inference_name)))
