import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { statusWhereReached } from './container-status'
import { containersOf, selectRecords } from './select'

/** State and use of every container that serves the inference, or of every one: 500 only where the board of none can be reached. */
export const getContainerStatus = (plane: ControlPlane, command: CommandOf<'get_container_status'>): Promise<ContainerStatusView[]> =>
  statusWhereReached(plane, containersOf(selectRecords(plane, command.inference_name)))
