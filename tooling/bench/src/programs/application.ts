// Our near end: an application as a user writes it, on the host SDK of the checkout that it is told.
import { pathToFileURL } from 'node:url'
import type { AICluster } from '@aicluster/host-sdk'
import { type BlockOrder, BlockRecorder, type BlockResult, bodiesFor, checkEcho } from '../block'
import { answerParent } from './answer-parent'

const INFERENCE = 'bench-echo'

export interface ApplicationStart {
  type: 'start'
  /** File of the host SDK. */
  hostSdk: string
  stateFolder: string
  /** Program and arguments of a container. */
  runCommand: string[]
  credits: number
}

export interface ApplicationStarted {
  containerPids: number[]
}

let cluster: AICluster | undefined

async function start({ hostSdk, stateFolder, runCommand, credits }: ApplicationStart): Promise<ApplicationStarted> {
  const sdk = (await import(pathToFileURL(hostSdk).href)) as typeof import('@aicluster/host-sdk')
  cluster = await sdk.AICluster.connect({ stateFolder })
  const config = { name: INFERENCE, implementationType: 'other', maxSendNum: credits, runCommand, restart: 'never' } as const
  await cluster.loadInference(config, 'all')
  const containers = await cluster.getContainerStatus(INFERENCE)
  return { containerPids: containers.flatMap(({ pid }) => (pid === undefined ? [] : [pid])) }
}

async function runBlock(order: BlockOrder): Promise<BlockResult> {
  const echoes = cluster as AICluster
  const bodies = bodiesFor(order)
  const recorder = new BlockRecorder(order.ms)
  const keepOneUnderWay = async (body: Buffer): Promise<void> => {
    let first = true
    let sentAtMs = performance.now()
    while (sentAtMs < recorder.endMs) {
      const { result } = await echoes.infer(INFERENCE, body)
      checkEcho(body, result, first)
      first = false
      const nowMs = performance.now()
      recorder.add(nowMs - sentAtMs)
      sentAtMs = nowMs
    }
  }
  await Promise.all(bodies.map(keepOneUnderWay))
  return recorder.finish()
}

answerParent(
  (question: BlockOrder | ApplicationStart): Promise<unknown> => (question.type === 'start' ? start(question) : runBlock(question)),
)
