import { setTimeout as sleep } from 'node:timers/promises'
import { Child, programFile } from '../child'
import type { OpenLoopQuestion } from '../programs/open-loop'
import type { BoardWorld } from './board-world'

const LOAD_LIMIT_MS = 300_000
const INFERENCE = 'steady'

/** Latency of an open loop, while something else is done. */
export interface LatencyUnder {
  requests: number
  p50Ms: number
  p99Ms: number
}

/** An application that asks an inference at its own pace, and the inference. */
export class OpenLoop {
  static readonly requestsPerSecond = 200

  private constructor(
    private readonly world: BoardWorld,
    private readonly child: Child,
  ) {}

  /** @param board - answers it */
  static async start(world: BoardWorld, board: string, folder: string): Promise<OpenLoop> {
    await world.cluster.loadInference(world.echoConfig(INFERENCE), board, { timeout: LOAD_LIMIT_MS })
    const loop = new OpenLoop(world, Child.start('open loop', programFile('open-loop'), [], folder))
    await loop.ask({ type: 'start', stateFolder: world.stateFolder, inference: INFERENCE, requestsPerSecond: OpenLoop.requestsPerSecond })
    // Code is compiled while nobody counts.
    await sleep(2_000)
    return loop
  }

  /** From now on requests count. */
  begin(): Promise<unknown> {
    return this.ask({ type: 'begin' })
  }

  /** @param into - gets the latencies since {@link begin}, in ms */
  async end(into: number[]): Promise<void> {
    into.push(...(await this.ask<number[]>({ type: 'end' })))
  }

  async stop(): Promise<void> {
    await this.child.end()
    await this.world.cluster.unloadInference({ inferenceName: INFERENCE })
  }

  private ask<Answer>(question: OpenLoopQuestion): Promise<Answer> {
    return this.child.ask<Answer>(question)
  }
}

export function summarise(latenciesMs: readonly number[]): LatencyUnder {
  const sorted = [...latenciesMs].sort((a, b) => a - b)
  const atMs = (share: number): number => Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2))
  return { requests: sorted.length, p50Ms: atMs(0.5), p99Ms: atMs(0.99) }
}

/** p99 under our work, as a share of p99 under that of others. */
export const ratioOf = (ours: LatencyUnder, other: LatencyUnder): number => Number((ours.p99Ms / other.p99Ms).toFixed(2))
