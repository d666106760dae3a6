import type { CommandName } from '@aicluster/protocol'
import { boardWork } from '../control-plane/board-work'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf } from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { workOf } from './progress'
import type { Rollout } from './rollout-progress'

/**
 * Bring what may take long to all boards, side by side, while what is to be replaced still serves.
 * @throws what the first board throws that cannot take it; the others are given up
 */
export async function prepareBoards(plane: ControlPlane, rollout: Rollout, cmd: CommandName, call: CommandCall): Promise<void> {
  const { config, boards } = rollout
  if (implementationOf(config) === 'Loop') return
  const giveUp = new AbortController()
  const signal = AbortSignal.any([call.signal, giveUp.signal])
  await Promise.allSettled(
    boards.map(async ({ name, suffixName = null }) => {
      try {
        const work = workOf({ ...call, signal }, cmd, config.name, name, suffixName)
        await plane.boards.get(name)?.prepare?.(plane.given.placed(rollout), boardWork(work))
      } catch (error) {
        giveUp.abort(error)
      }
    }),
  )
  signal.throwIfAborted()
}
