import type { CommandOf } from '@aicluster/protocol'
import type { ControlPlane } from '../control-plane/control-plane'

/** Drain and end. The reply goes out first: the drain starts with the next turn. */
export async function shutdown(plane: ControlPlane, command: CommandOf<'shutdown'>): Promise<Record<string, never>> {
  setImmediate(() => plane.options.onShutdown(command.stop_containers))
  return {}
}
