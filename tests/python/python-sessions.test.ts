import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import { startWorld, type World } from '../worlds/world'
import { inPython, missingHere, type PythonRun, startPython } from './python-world'

// What is lost here: the manager, links, records. Applications and containers are in Python, and know nothing but docs/protocol.md.

/** Longer than ZeroMQ's heartbeats wait, and the manager needs to see it, in ms. */
const CUT_MS = 2_600

/** How a ride ended, as `rider.py` prints it. */
interface Ride {
  /** By the tag of the request: `right`, an error code, or what else came. */
  endings: Record<string, string>
  same_session: boolean
  /** A request afterwards. */
  after: string
  /** Boards that a command afterwards has named. */
  boards: number
  open: number
  missing: number
}

interface RideOptions {
  count: number
  /** How long the container takes for each. */
  ms: number
  hello?: object
  /** Every so many-th record of each kind; 0: none. */
  faults?: readonly [sentLost: number, receivedLost: number, doubled: number]
  greetingLost?: boolean
}

const journalOf = (world: World): string => join(world.folder, 'journal')

/** The tags of the requests that containers have begun, in order. */
const begun = (world: World): string[] => (existsSync(journalOf(world)) ? readFileSync(journalOf(world), 'utf8').trim().split('\n') : [])

/** What was begun more than once. */
const begunTwice = (world: World): string[] => {
  const tags = begun(world)
  return tags.filter((tag, index) => tags.indexOf(tag) !== index)
}

/** An application in Python that sends all its requests at once, and then waits for their outcomes. */
function ride(world: World, { count, ms, hello = {}, faults = [0, 0, 0], greetingLost = false }: RideOptions): PythonRun<Ride> {
  const options = { ride: { name: 'python', count, ms, journal: journalOf(world) }, hello, faults, greeting_lost: greetingLost }
  return startPython('rider.py', join(world.stateFolder, 'manager.json'), JSON.stringify(options))
}

const allRight = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag-${index}`, 'right']))

async function stopFor(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await sleep(ms)
  process.kill(pid, 'SIGCONT')
}

const missing = missingHere()

describeUnless(missing, 'a manager that is killed and started again', () => {
  it.each(['ipc', 'tcp'] as const)('over %s: each request of a client ends once, what a container works on goes on', async (transport) => {
    await using world = await startWorld({ transport })
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')
    const { printed } = ride(world, { count: 40, ms: 300 })
    await eventually('some answers', () => begun(world).length >= 10)
    await world.endManager('SIGKILL')

    await world.startManager()

    const { endings, ...seen } = await printed
    expect(seen).toMatchObject({ same_session: false, after: 'right', boards: 2, open: 0 })
    const tags = begun(world)
    // What was under way to the container may have died with the manager: 402. Whatever had begun was claimed.
    const lost = Object.keys(endings).filter((tag) => endings[tag] === '402' && !tags.includes(tag))
    expect(lost.length).toBeLessThanOrEqual(4)
    expect({ ...endings, ...Object.fromEntries(lost.map((tag) => [tag, 'right'])) }).toEqual(allRight(40))
    expect(begunTwice(world)).toEqual([])
    await world.atRest()
  })

  it('gets the answers that were given while there was none', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')
    const { printed } = ride(world, { count: 4, ms: 600 })
    await eventually('all to be in hand', () => begun(world).length === 4)
    await world.endManager('SIGKILL')
    await sleep(1_000)

    await world.startManager()

    const { endings } = await printed
    expect(endings).toEqual(allRight(4))
    expect(begunTwice(world)).toEqual([])
    await world.atRest()
  })

  it('does not ask for what was begun by a container that has died with it: 402', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python'), 'board1')
    const [pid = 0] = Object.values(await world.pids('python'))
    const { printed } = ride(world, { count: 3, ms: 500 })
    await eventually('one to be in hand', () => begun(world).length === 1)
    await world.endManager('SIGKILL')
    process.kill(pid, 'SIGKILL')

    await world.startManager()

    const { endings } = await printed
    expect(endings).toEqual({ 'tag-0': '402', 'tag-1': 'right', 'tag-2': 'right' })
    expect(begunTwice(world)).toEqual([])
    await world.atRest()
  })
})

describeUnless(missing, 'a link that is cut', () => {
  it('of a client: it finds its session again, and the outcomes of meanwhile', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')
    const { pid, printed } = ride(world, { count: 80, ms: 100 })
    await eventually('the first answers', () => begun(world).length >= 8)

    await stopFor(pid, CUT_MS)

    const { endings, ...seen } = await printed
    expect(seen).toMatchObject({ same_session: true, after: 'right', boards: 2, open: 0 })
    expect(endings).toEqual(allRight(80))
    expect(begunTwice(world)).toEqual([])
    expect(await world.counter('sessions_resumed_total')).toBe(1)
    await world.atRest()
  })

  it('of a client for longer than its session lives: what was open is 314, a new session begins', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')
    const { pid, printed } = ride(world, { count: 4, ms: 1_000, hello: { reconnect_timeout_ms: 300 } })
    await eventually('all to be in hand', () => begun(world).length === 4)

    await stopFor(pid, CUT_MS + 1_500)

    const { endings, ...seen } = await printed
    expect(new Set(Object.values(endings))).toEqual(new Set(['314']))
    expect(seen).toMatchObject({ same_session: false, after: 'right', boards: 2, open: 0 })
    expect(begunTwice(world)).toEqual([])
    expect(await world.counter('sessions_expired_total')).toBe(1)
    await world.atRest()
  })

  it('of a container: what it held ends with 402, what it answers late is dropped, and it serves again', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 2 }), 'board1')
    const { printed } = ride(world, { count: 4, ms: 300 })
    await eventually('two to be in hand', () => begun(world).length === 2)
    const [pid = 0] = Object.values(await world.pids('python'))

    await stopFor(pid, CUT_MS)

    const { endings, ...seen } = await printed
    expect(endings).toEqual({ 'tag-0': '402', 'tag-1': '402', 'tag-2': 'right', 'tag-3': 'right' })
    expect(seen).toMatchObject({ after: 'right', open: 0 })
    expect(begunTwice(world)).toEqual([])
    expect(await world.pids('python')).toMatchObject({ 'python-board1': pid })
    await world.atRest()
  })
})

describeUnless(missing, 'records that are', () => {
  it.each([
    ['lost from a client', [5, 0, 0]],
    ['lost to a client', [0, 5, 0]],
    ['lost and doubled either way', [7, 6, 4]],
  ] as const)('%s: each request ends once all the same', async (_what, faults) => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')

    const { endings, ...seen } = await ride(world, { count: 100, ms: 5, faults }).printed

    expect(endings).toEqual(allRight(100))
    expect(seen).toMatchObject({ same_session: true, after: 'right', boards: 2, open: 0 })
    expect(seen.missing > 0).toBe(faults[1] > 0)
    expect((await world.counter('records_missing_total')) > 0).toBe(faults[0] > 0)
    expect(begunTwice(world)).toEqual([])
    await world.atRest()
  })

  it.each([
    ['lost from a container', '5 0'],
    ['lost to a container', '0 5'],
    ['lost and doubled either way', '7 6 4'],
  ])('%s: each request is run once, and its answer arrives', async (_what, PEER_FAULTS) => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4, env: { PEER_FAULTS } }), 'board1')

    const { endings, ...seen } = await ride(world, { count: 60, ms: 5 }).printed

    expect(endings).toEqual(allRight(60))
    expect(seen).toMatchObject({ after: 'right', open: 0, missing: 0 })
    expect(begunTwice(world)).toEqual([])
    await world.atRest()
  })

  it('lost at the very beginning, a hello and a welcome: hello is said again', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')

    const { endings, ...seen } = await ride(world, { count: 4, ms: 5, greetingLost: true }).printed

    expect(endings).toEqual(allRight(4))
    expect(seen).toMatchObject({ same_session: true, after: 'right', boards: 2, open: 0 })
    await world.atRest()
  })
})
