import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { LoopWatch } from './loop-watch'

it('a loop that was blocked shows as late, by about as long as it was', async () => {
  const watch = new LoopWatch()
  try {
    await sleep(50)
    const until = performance.now() + 200
    while (performance.now() < until);
    await sleep(50)
    const { delayMaxMs, activeMs } = watch.look()
    expect(delayMaxMs).toBeGreaterThan(150)
    expect(activeMs).toBeGreaterThan(150)
    // Whoever looks next sees it too.
    expect(watch.look().delayMaxMs).toBe(delayMaxMs)
  } finally {
    watch.stop()
  }
})
