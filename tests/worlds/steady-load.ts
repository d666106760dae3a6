import type { World } from './world'

const BODY = Uint8Array.of(1)
/** More than its containers hold: some wait at any time. */
const IN_FLIGHT = 48

/** Requests in so many lanes until told to stop; tells what became of them. */
export function steadyLoad(world: World, name: string) {
  const codes: number[] = []
  let going = true
  const lane = async () => {
    while (going) {
      const request = world.cluster.infer(name, BODY, { ms: 20 })
      codes.push(
        await request.then(
          () => 0,
          ({ code }: { code: number }) => code,
        ),
      )
    }
  }
  const lanes = Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return {
    codes,
    async stop() {
      going = false
      await lanes
      return codes
    },
  }
}
