import { setTimeout as sleep } from 'node:timers/promises'
import { Child, programFile } from '../child'
import type { OpenLoopQuestion } from '../programs/open-loop'
import type { BoardWorld } from './board-world'
import { sshLoadMs } from './copy-by-ssh'
import { timedLoad } from './load-phases'

/** What both uploads get, so that they take the same time: 20 MB/s. */
const UPLOAD_MEGABITS = 160
const RATE = 200
const IDLE_MS = 6_000
const LOAD_LIMIT_MS = 300_000
const INFERENCE = 'steady'

/** Latency of an open loop, while nothing, the manager, or another process uploads. */
export interface LatencyUnder {
  requests: number
  p50Ms: number
  p99Ms: number
}

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
  await world.cluster.loadInference(world.echoConfig(INFERENCE), world.board(1).hostname, { timeout: LOAD_LIMIT_MS })
  const loop = Child.start('open loop', programFile('open-loop'), [], folder)
  const ask = <Answer>(question: OpenLoopQuestion): Promise<Answer> => loop.ask<Answer>(question)
  const latencies = { idle: [] as number[], other: [] as number[], manager: [] as number[] }
  const begin = (): Promise<unknown> => ask({ type: 'begin' })
  const end = async (into: number[]): Promise<void> => void into.push(...(await ask<number[]>({ type: 'end' })))
  try {
    await ask({ type: 'start', stateFolder: world.stateFolder, inference: INFERENCE, requestsPerSecond: RATE })
    // Code is compiled while nobody counts.
    await sleep(2_000)
    await target.rate(UPLOAD_MEGABITS)
    for (let round = 1; round <= rounds; round++) {
      say(`latency under an upload, round ${round} of ${rounds}`)
      await begin()
      await sleep(IDLE_MS)
      await end(latencies.idle)

      await world.forgetImage(target)
      await begin()
      await sshLoadMs(target, world.image.file)
      await end(latencies.other)

      await world.forgetImage(target)
      await begin()
      let counted: Promise<void> | undefined
      await timedLoad(world, target.hostname, 'uploaded', (phase) => {
        // Until the Engine has the image, as beside it.
        if (phase === 'create') counted ??= end(latencies.manager)
      })
      await counted
    }
  } finally {
    await target.rate(undefined)
    await loop.end()
    await world.cluster.unloadInference({ inferenceName: INFERENCE })
  }
  const [idle, other, manager] = [latencies.idle, latencies.other, latencies.manager].map(summarise) as [
    LatencyUnder,
    LatencyUnder,
    LatencyUnder,
  ]
  const ratio = Number((manager.p99Ms / other.p99Ms).toFixed(2))
  return { requestsPerSecond: RATE, uploadMegabits: UPLOAD_MEGABITS, idle, other, manager, ratio }
}

function summarise(latenciesMs: readonly number[]): LatencyUnder {
  const sorted = [...latenciesMs].sort((a, b) => a - b)
  const atMs = (share: number): number => Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2))
  return { requests: sorted.length, p50Ms: atMs(0.5), p99Ms: atMs(0.99) }
}
