import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from '../control-plane/control-plane'

/** How often a drain looks whether everything is done, in ms. */
const DRAIN_POLL_MS = 20

/**
 * Hand out nothing more to these containers and wait until they have answered what they hold, at most the drain time-out of the
 * cluster. They stay held.
 * @throws the signal's reason once it is aborted: they then get requests again
 */
export async function drainContainers(plane: ControlPlane, instances: readonly string[], signal?: AbortSignal): Promise<void> {
  const { dataPlane, config } = plane.options
  const hold = async (held: boolean) => {
    for (const instance of instances) await dataPlane.call('setHeld', { instance, held })
  }
  const giveUpAt = performance.now() + config.drain_timeout
  await hold(true)
  try {
    while (performance.now() < giveUpAt && !(await dataPlane.call('isIdle', { instances: [...instances], names: [] }))) {
      signal?.throwIfAborted()
      await sleep(DRAIN_POLL_MS)
    }
    signal?.throwIfAborted()
  } catch (error) {
    await hold(false)
    throw error
  }
}
