// One application of a chaos run: sends requests of its load shape until it is told to stop, and keeps a journal of them.
import { setTimeout as sleep } from 'node:timers/promises'
import { AICluster, AIClusterError, type ContainerConfig } from '@aicluster/host-sdk'
import { seededRandom } from '@aicluster/testing'
import { Operator } from '../operator/operator'
import { BURST_INFERENCE, HANGING_INFERENCE } from '../world/inferences'
import type { ApplicationOrder, FromApplication, ToApplication } from './application-messages'
import { cycleInference } from './inference-cycle'
import { type ApplicationName, LOAD_SHAPES, type LoadShape } from './load-shapes'
import { RequestJournal } from './request-journal'
import { Requester } from './requester'
import { SourceWatch } from './source-watch'

const TICK_MS = 10
const REPORT_MS = 250
const CONNECT_PAUSE_MS = 100

const order = JSON.parse(process.argv[2] ?? '{}') as ApplicationOrder
const shape: LoadShape = LOAD_SHAPES[order.name as ApplicationName]
const random = seededRandom(order.seed + order.life)
const journal = new RequestJournal(order.journal)
const requestsPerSecond = shape.requestsPerSecond * order.loadShare
const inferences = shape.inferences.filter((name) => order.inferences.includes(name))
let sending = true

// Whoever started us is gone, or says when we end; a Ctrl-C in a terminal reaches us too.
process.on('disconnect', () => process.exit(0))
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})

const cluster = await connect()
const requester = new Requester(cluster, journal, shape, random, `${order.name}.${order.life}`)
const watch = new SourceWatch(cluster, journal)
void watch.run()
const operator = new Operator(cluster, journal, requester, () => sending)
let cycles: Promise<void> = Promise.resolve()

process.on('message', (message: ToApplication) => {
  switch (message.tell) {
    case 'burst':
      for (let sent = 0; sent < message.requests; sent++) requester.send(BURST_INFERENCE)
      return
    case 'hang':
      return requester.send(HANGING_INFERENCE, { hang: true })
    case 'cycle':
      cycles = cycles.then(() =>
        cycleInference({ cluster, requester, journal }, order.containerConfig as ContainerConfig, message, () => sending),
      )
      return
    case 'operate':
      return operator.operate(message.operation)
    case 'stopLoad':
      sending = false
      return watch.end()
    case 'end':
      journal.close()
      void cluster.release().finally(() => process.exit(0))
  }
})
setInterval(() => process.send?.(report()), REPORT_MS)
if (shape.blocks) void blockNowAndThen(shape.blocks)
await keepSending()

/** A manager may be on its way up or down when we start. */
async function connect(): Promise<AICluster> {
  for (;;) {
    try {
      return await AICluster.connect({ stateFolder: order.stateFolder, ...shape.connect })
    } catch (error) {
      journal.note(`connect failed: ${error instanceof AIClusterError ? error.code : String(error)}`)
      await sleep(CONNECT_PAUSE_MS)
    }
  }
}

async function keepSending(): Promise<void> {
  let due = 0
  let lastMs = performance.now()
  while (sending) {
    await sleep(TICK_MS)
    const nowMs = performance.now()
    // What was missed while we stood still is not made up for.
    due = Math.min(requestsPerSecond / 10 + 1, due + ((nowMs - lastMs) / 1_000) * requestsPerSecond)
    lastMs = nowMs
    for (; due >= 1 && sending; due--) if (requester.open < shape.mostOpen) requester.send(random.pick(inferences))
  }
}

async function blockNowAndThen({ everyMs, upToMs }: { everyMs: number; upToMs: number }): Promise<void> {
  const never = new Int32Array(new SharedArrayBuffer(4))
  while (sending) {
    await sleep(random.integer(everyMs / 2, everyMs * 1.5))
    Atomics.wait(never, 0, 0, random.integer(0, upToMs))
  }
}

function report(): FromApplication {
  const { requests, outcomes, open } = requester
  return { requests, outcomes, open, done: operator.done }
}
