import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freshSeed, type TempFolder, tempFolder, WireFaults } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { readToTheEnd, restOf, sent, upTo, WINDOW_PARTS } from './parts'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
const READER = fileURLToPath(new URL('./programs/stream-reader.mjs', import.meta.url))

let reader: ChildProcess | undefined
afterEach(() => void reader?.kill('SIGKILL'))

/** An application in a process of its own. @returns its lines so far */
function startReader(world: World, metadata: object, environment: Record<string, string> = {}): () => string[] {
  const env = { ...process.env, AICLUSTER_STATE: world.stateFolder, ...environment }
  reader = spawn(process.execPath, [READER, JSON.stringify(metadata)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  reader.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  return () => text.split('\n').slice(0, -1)
}

/** Whether a reader has read so many parts, each once and in order. */
const allRead = (count: number) => ({ read: count, inOrder: true, count })

describe('streams over a wire that loses, doubles and delays messages', () => {
  let folder: TempFolder
  beforeEach(async () => {
    folder = await tempFolder()
  })
  afterEach(() => folder.remove())

  it('lose no part, double none, and keep their order', async () => {
    const seed = freshSeed()
    const faults = new WireFaults(folder.path, { seed, delayMs: [1, 50] })
    await using world = await startWorld({ environment: faults.environment })
    await world.load('parts', 'parts', { maxSendNum: 4 })
    const rates = { lost: 0.02, doubled: 0.02, delayed: 0.01 }
    faults.set({ Requests: rates, Replies: rates, Others: rates })

    // Its goodbye may get lost, too: then its session is over after its time to come back.
    const lines = startReader(world, { count: 500 }, { ...faults.environment, TEST_RECONNECT_TIMEOUT_MS: '5000' })
    const readerEnds = once(reader as ChildProcess, 'exit')

    const endings = await Promise.all(
      upTo(12).map((n) => readToTheEnd(world.cluster.inferStream('parts', BODY, { count: 300, size: n % 3 === 0 ? 5_000 : 0 }))),
    )

    await readerEnds
    faults.set({})
    expect(JSON.parse(lines().at(-1) ?? '{}'), `seed ${seed}`).toEqual(allRead(500))
    expect(
      endings.map(({ code }) => code),
      `seed ${seed}`,
    ).toEqual(upTo(12).map(() => 0))
    for (const { parts } of endings) {
      expect(parts.map((part) => (part instanceof Uint8Array ? part[0] : part))).toEqual(
        upTo(300).map((n) => (parts[0] instanceof Uint8Array ? n % 256 : n)),
      )
    }
    expect(faults.counts().lostOthers ?? 0).toBeGreaterThan(0)
    await world.atRest(20_000)
  })
})

describe('a manager that is killed while a stream is read', () => {
  it('ends it with 402 after the parts that came; the container is told, and serves on', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const stream = world.cluster.inferStream('parts', BODY, { count: 100, tag: 'a' })
    const parts = stream[Symbol.asyncIterator]()
    expect((await parts.next()).value).toBe(0)
    await eventually('the window to close', () => sent(world, 'a') === WINDOW_PARTS + 1)
    await eventually('the last of them', async () => (await world.counter('parts_passed_total')) === WINDOW_PARTS + 1)
    await world.endManager('SIGKILL')
    await world.startManager()

    const { parts: rest, code } = await readToTheEnd(restOf(parts))

    expect(rest).toEqual(upTo(WINDOW_PARTS).map((n) => n + 1))
    expect(code).toBe(402)
    await expect(stream.result).rejects.toThrow('the cluster manager was restarted')
    await eventually('the container to stop', () => world.gates.sawAbortOf('a') && world.gates.sawEndOf('a'))
    await eventually('the application to be back', () => world.cluster.isConnected)
    expect((await readToTheEnd(world.cluster.inferStream('parts', BODY, { count: 30 }))).parts).toEqual(upTo(30))
    await world.atRest()
  })

  it('runs one that still waited for a container from its beginning', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const first = world.cluster.infer('parts', BODY, { count: 1, gateAt: 0, gate: 'open', tag: 'first' })
    await world.until('parts', { held: 1 })
    const stream = readToTheEnd(world.cluster.inferStream('parts', BODY, { count: 30 }))
    await world.until('parts', { held: 1, waiting: 1 })
    await world.endManager('SIGKILL')
    await world.startManager()
    world.gates.openAll()

    expect(await stream).toEqual({ parts: upTo(30), code: 0 })
    await first
    await world.atRest()
  })
})

describe('an application that stands still until its links are cut', () => {
  it('goes on reading where it was when it is back: no part is lost', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts', { waitQueueTimeout: 2_000 })
    const lines = startReader(world, { count: 300, everyMs: 10 })
    await eventually('it to read', () => lines().length > 20)
    reader?.kill('SIGSTOP')
    await eventually('its links to be cut', async () => (await world.metrics()).gauges.hosts_away === 1)
    await sleep(2_500)
    reader?.kill('SIGCONT')

    await once(reader as ChildProcess, 'exit')

    expect(JSON.parse(lines().at(-1) ?? '{}')).toEqual(allRead(300))
    await world.atRest()
  })

  it('and dies: the container is told after its grace time', async () => {
    await using world = await startWorld()
    await world.load('parts', 'parts')
    const lines = startReader(world, { count: 100_000, tag: 'a' }, { TEST_RECONNECT_TIMEOUT_MS: '1000' })
    await eventually('it to read', () => lines().length > 20)
    reader?.kill('SIGKILL')

    await eventually('the end of its session', () => world.gates.sawAbortOf('a') && world.gates.sawEndOf('a'))

    await world.atRest()
  })
})
