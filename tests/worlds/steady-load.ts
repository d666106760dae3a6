import type { World } from './world'

const BODY = Uint8Array.of(1)
export interface SteadyLoadOptions {
  /** Requests under way at any time. Default 48: more than the containers of these worlds hold, so that some wait. */
  lanes?: number
  /** How long each is worked at, in ms. Default 20. */
  workMs?: number
}

/** Requests that are sent one after another in so many lanes until told to stop; tells what became of them. */
export function steadyLoad(world: World, name: string, { lanes: inFlight = 48, workMs = 20 }: SteadyLoadOptions = {}) {
  const codes: number[] = []
  let going = true
  const lane = async () => {
    while (going) {
      const request = world.cluster.infer(name, BODY, { ms: workMs })
      codes.push(
        await request.then(
          () => 0,
          ({ code }: { code: number }) => code,
        ),
      )
    }
  }
  const lanes = Promise.all(Array.from({ length: inFlight }, lane))
  return {
    codes,
    async stop() {
      going = false
      await lanes
      return codes
    },
  }
}
