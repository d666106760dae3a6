import type { CommandOf, ContainerStatusView } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'
import { servedNames } from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { statusOf } from './container-status'
import { requireBoard, requireContainer, requireProgram, type SelectedContainer } from './select'

/**
 * Do something to the program of a registered container, while nobody else changes its inference names.
 * @returns its status afterwards
 */
export async function changeProgram(
  plane: ControlPlane,
  { cmd, coprocessor_name: board, suffix_name: suffix }: CommandOf<'start'> | CommandOf<'stop'>,
  { signal }: Pick<CommandCall, 'signal'>,
  change: (selected: SelectedContainer) => Promise<void>,
): Promise<ContainerStatusView> {
  const its = requireBoard(plane, board)
  requireProgram(requireContainer(plane, suffix, board).record, cmd)
  await plane.boardWatch.reach([its], signal)
  // Read only now, and again with the lock: it may just have been taken over, and have another record.
  const select = () => requireContainer(plane, suffix, board)
  return plane.locks.with(
    () => servedNames(select().record.config),
    async () => {
      await change(select())
      const [status] = await statusOf(plane, [select()])
      return status as ContainerStatusView
    },
    signal,
  )
}
