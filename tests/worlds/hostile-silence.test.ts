import { randomBytes } from 'node:crypto'
import { decodeMsgpack, encodeMsgpack, OUTCOME_WINDOW_BYTES, RecordKind } from '@aicluster/protocol'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { type HeardRecord, type HostilePeer, hostHello } from './hostile-peer'
import { HOSTILE_CONFIG, keepWorking, peerAt } from './hostile-world'
import { startWorld, type World } from './world'

/** Together twice the window. */
const RESULTS = 300
const RESULT_BYTES = 56_000
/** As docs/protocol.md has it: more are not kept for one session. */
const MOST_OUTCOMES = 200_000
/** So many requests take a slow machine a while, in ms. */
const CUT_OFF_LIMIT_MS = 40_000

describe('an application that never acknowledges', () => {
  let world: World
  let peer: HostilePeer
  let firstNumber: number

  beforeAll(async () => {
    world = await startWorld({ config: HOSTILE_CONFIG })
    await world.load('echo', 'echo', { maxSendNum: 4 })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  // All the while somebody else works.
  beforeEach(async ({ onTestFinished }) => {
    const goodClient = keepWorking(world)
    peer = peerAt(world, 'inference')
    peer.acknowledges = false
    onTestFinished(async () => {
      expect(await goodClient.stop()).toBeGreaterThan(0)
      await world.atRest()
      await peer[Symbol.asyncDispose]()
    })
    await peer.say({ kind: RecordKind.hello, header: hostHello('inference', randomBytes(16)) })
    firstNumber = (decodeMsgpack((await peer.hears(RecordKind.welcome)).header) as { numbers: { first: number } }).numbers.first
  })

  it('gets no more than the window, until it does', async () => {
    const results = () => peer.heard.filter(({ kind }) => kind === RecordKind.result)
    const header = encodeMsgpack({ metadata: { as: 'bytes' } })
    for (let i = 0; i < RESULTS; i++) {
      const request = { kind: RecordKind.request, name: 'echo', header, fields: { request: firstNumber + i } }
      await peer.sayWithBody(request, Buffer.alloc(RESULT_BYTES))
    }

    await eventually('every outcome', async () => ((await world.metrics()).gauges.outcomes_unacknowledged ?? 0) >= RESULTS)
    // Records of a connection are in order: before the pong comes what was sent before it.
    await peer.say({ kind: RecordKind.ping })
    await peer.hears(RecordKind.pong)
    const heldBytes = results().reduce((sum, { bodyLength }) => sum + bodyLength, 0)
    expect(heldBytes).toBeLessThanOrEqual(OUTCOME_WINDOW_BYTES)
    expect(heldBytes).toBeGreaterThan(OUTCOME_WINDOW_BYTES - 2 * RESULT_BYTES)

    peer.acknowledges = true
    await peer.say({ kind: RecordKind.ping })
    await eventually('the others', () => results().length === RESULTS)
    expect(new Set(results().map(({ request: number }) => number)).size).toBe(RESULTS)
  })

  it('is cut off when more outcomes are kept than a session may have: 314', async () => {
    const before = await world.counter('hosts_cut_off_total')
    const unregistered = (number: number) => ({ kind: RecordKind.request, name: 'nobody', fields: { request: number } })

    for (let sent = 0; sent <= MOST_OUTCOMES; sent += 500) {
      await peer.say(...Array.from({ length: 500 }, (_, i) => unregistered(firstNumber + sent + i)))
    }

    const isRefused = ({ kind }: HeardRecord) => kind === RecordKind.refused
    const { header } = await eventually('the end of its session', () => peer.heard.find(isRefused), CUT_OFF_LIMIT_MS)
    expect(decodeMsgpack(header)).toMatchObject({ code: 314 })
    expect(await world.counter('hosts_cut_off_total')).toBe(before + 1)
  })
})
