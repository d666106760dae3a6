// An application that sends at its own pace, whatever comes back: what waits because the cluster is slow is counted as slow.
import { setTimeout as sleep } from 'node:timers/promises'
import { AICluster } from '@aicluster/host-sdk'
import { answerParent, fail } from './answer-parent'

export type OpenLoopQuestion =
  | { type: 'start'; stateFolder: string; inference: string; requestsPerSecond: number }
  /** From now on requests count. */
  | { type: 'begin' }
  /** Answered with the latency of each request that was due since `begin`, in ms, once all of them are answered. */
  | { type: 'end' }

const BODY = Buffer.alloc(1_000, 7)

let counted: Promise<number>[] | undefined

async function start({ stateFolder, inference, requestsPerSecond }: Extract<OpenLoopQuestion, { type: 'start' }>): Promise<void> {
  const cluster = await AICluster.connect({ stateFolder })
  void keepSending(cluster, inference, 1_000 / requestsPerSecond).catch(fail)
}

async function keepSending(cluster: AICluster, inference: string, everyMs: number): Promise<void> {
  for (let dueAtMs = performance.now(); ; dueAtMs += everyMs) {
    const waitMs = dueAtMs - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const sentFor = dueAtMs
    const latency = cluster.infer(inference, BODY).then(() => performance.now() - sentFor)
    if (counted) counted.push(latency)
    else latency.catch(fail)
  }
}

async function answer(question: OpenLoopQuestion): Promise<unknown> {
  switch (question.type) {
    case 'start':
      return start(question)
    case 'begin':
      counted = []
      return
    case 'end': {
      const latencies = counted ?? []
      counted = undefined
      return Promise.all(latencies)
    }
  }
}

answerParent(answer)
