import { setTimeout as sleep } from 'node:timers/promises'
import type { BoardWorld } from './board-world'
import { sshLoadMs } from './copy-by-ssh'
import { timedLoad } from './load-phases'
import { type LatencyUnder, OpenLoop, ratioOf, summarise } from './open-loop'

/** What both uploads get, so that they take the same time: 20 MB/s. */
const UPLOAD_MEGABITS = 160
const IDLE_MS = 6_000

export interface UploadLatency {
  requestsPerSecond: number
  uploadMegabits: number
  idle: LatencyUnder
  other: LatencyUnder
  manager: LatencyUnder
  /** p99 while the manager uploads, as a share of p99 while another process does; aim: at most 1.3. */
  ratio: number
}

/** Board 1 answers an open loop, while an image goes to board 2. */
export async function measureLatency(
  world: BoardWorld,
  folder: string,
  rounds: number,
  say: (line: string) => void,
): Promise<UploadLatency> {
  const target = world.board(2)
  const loop = await OpenLoop.start(world, world.board(1).hostname, folder)
  const latencies = { idle: [] as number[], other: [] as number[], manager: [] as number[] }
  try {
    await target.rate(UPLOAD_MEGABITS)
    for (let round = 1; round <= rounds; round++) {
      say(`latency under an upload, round ${round} of ${rounds}`)
      await loop.begin()
      await sleep(IDLE_MS)
      await loop.end(latencies.idle)

      await world.forgetImage(target)
      await loop.begin()
      await sshLoadMs(target, world.image.file)
      await loop.end(latencies.other)

      await world.forgetImage(target)
      await loop.begin()
      let counted: Promise<void> | undefined
      await timedLoad(world, target.hostname, 'uploaded', (phase) => {
        // Until the Engine has the image, as beside it.
        if (phase === 'create') counted ??= loop.end(latencies.manager)
      })
      await counted
    }
  } finally {
    await target.rate(undefined)
    await loop.stop()
  }
  const [idle, other, manager] = [summarise(latencies.idle), summarise(latencies.other), summarise(latencies.manager)]
  const ratio = ratioOf(manager, other)
  return { requestsPerSecond: OpenLoop.requestsPerSecond, uploadMegabits: UPLOAD_MEGABITS, idle, other, manager, ratio }
}
