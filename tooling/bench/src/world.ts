import type { BlockOrder, BlockResult } from './block'
import type { BenchCase } from './cases'
import type { Child } from './child'
import { cpuTimesUs } from './cpu-time'

/** CPU time by process, in µs; the floor's forwarder stands for the manager, its echo for the container. */
export interface CpuByProcess {
  app: number
  manager: number
  container: number
}

/** One block, as seen by all its processes. */
export interface BlockFigures {
  requestsPerSecond: number
  p50Us: number
  p99Us: number
  /** Per request. */
  cpuUs: CpuByProcess
}

/** Three kinds of processes that pass requests: ours, the floor's, or another checkout's. Costs nothing between its blocks. */
export interface World {
  runBlock(load: BenchCase, seconds: number): Promise<BlockFigures>
  /** End its processes, however far its start came. */
  end(): Promise<void>
}

/** Run one block and share out what it cost. */
export async function measureBlock(
  sender: Child,
  managerPids: readonly number[],
  containerPids: readonly number[],
  { bytes, depth }: BenchCase,
  seconds: number,
): Promise<BlockFigures> {
  const order: BlockOrder = { type: 'block', bytes, depth, ms: seconds * 1000 }
  const before = [cpuTimesUs(managerPids), cpuTimesUs(containerPids)] as const
  const { requests, elapsedMs, p50Us, p99Us, cpuUs } = await sender.ask<BlockResult>(order, order.ms)
  return {
    requestsPerSecond: (requests * 1000) / elapsedMs,
    p50Us,
    p99Us,
    cpuUs: {
      app: cpuUs / requests,
      manager: (cpuTimesUs(managerPids) - before[0]) / requests,
      container: (cpuTimesUs(containerPids) - before[1]) / requests,
    },
  }
}
