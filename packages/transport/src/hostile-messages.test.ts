import { MAX_U48, PREAMBLE_BYTES, RECORD_LENGTH_BYTES, RecordKind } from '@aicluster/protocol'
import { eventually, freshSeed, RawDealer, RawRouter, seededRandom, type TempFolder, tempFolder } from '@aicluster/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIMITS, ManagerEnd, PeerEnd } from '../test/ends'
import { requestMessage, sendRequest, sendSignal } from '../test/records'
import { ipcEndpoint } from './endpoint'

const SEED = Number(process.env.AICLUSTER_SEED ?? freshSeed())

let folder: TempFolder
beforeAll(async () => {
  folder = await tempFolder()
})
afterAll(() => folder.remove())

/** Behind preamble, record length and the fields before it; see docs/protocol.md. */
const LINK_SEQUENCE_AT = PREAMBLE_BYTES + RECORD_LENGTH_BYTES + 18

/** A request whose link sequence is its number too. */
function good(request: number, body?: Uint8Array): Uint8Array[] {
  const [record, ...rest] = requestMessage(request, body) as [Uint8Array, ...Uint8Array[]]
  const frame = Buffer.from(record)
  frame.writeUIntBE(request, LINK_SEQUENCE_AT, 6)
  return [frame, ...rest]
}

/** Messages that are not ours, each with why it is dropped. */
const BAD: [string, string, Uint8Array[]][] = [
  ['foreign', 'HTTP', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
  ['foreign', 'three empty frames', [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)]],
  ['other-version', 'another major version', [Buffer.from('4149ff00', 'hex'), Buffer.from('body')]],
  ['malformed', 'a truncated record', [(good(1)[0] as Uint8Array).subarray(0, 30)]],
  ['malformed', 'a body that is missing', [good(1, Buffer.alloc(5000))[0] as Uint8Array]],
  ['oversized', 'a body larger than the limit, small enough for its frames', good(1, Buffer.alloc(LIMITS.maxBodyBytes + 1))],
]

describe('a manager’s end', () => {
  it.each(BAD)('drops and counts what is %s (%s), and reads on from the same peer', async (reason, _what, bad) => {
    await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'inference'))
    await using stranger = new RawDealer(manager.endpoint)
    await stranger.send(...bad)
    await stranger.send(...bad)
    await stranger.send(...good(7))
    await eventually('the good message is read', () => manager.requests.includes(7))
    expect(manager.drops.map((drop) => [drop.reason, drop.first])).toEqual([
      [reason, true],
      [reason, false],
    ])
    expect(manager.requests).toEqual([7])
    expect(manager.gone).toEqual([])
  })

  it('goes on when a handler throws, and says so', async () => {
    await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'inference'))
    await using peer = new RawDealer(manager.endpoint)
    manager.onRecord = ({ request }) => {
      if (request === 1) throw new Error('a bug')
    }
    await peer.send(...good(1))
    await peer.send(...good(2))
    await eventually('the next message is read', () => manager.requests.includes(2))
    expect(manager.drops).toMatchObject([{ reason: 'handler', first: true }])
  })

  it('cuts the connection that sends a frame larger than any frame may be; everybody else goes on', async () => {
    await using manager = await ManagerEnd.bind('tcp://127.0.0.1:0', { maxBodyBytes: 10_000, maxHeaderBytes: 10_000 })
    await using peer = new PeerEnd(manager.endpoint)
    peer.link.connect()
    await eventually('an honest peer is connected', () => manager.connected.length === 1)
    await using stranger = new RawDealer(manager.endpoint)
    await stranger.send(...good(1))
    await eventually('the stranger is connected', () => manager.connected.length === 2)
    await stranger.send(Buffer.alloc(1024 * 1024))
    await eventually('the stranger was cut off', () => manager.gone.includes(manager.connected[1] as never))
    sendRequest(peer.link, 2)
    await eventually('the honest peer is read', () => manager.requests.includes(2))
    expect(peer.downs).toBe(0)
  })

  it('takes a gap in link sequences as missing records, goes on from there, and ignores what is doubled or overtaken', async () => {
    await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'inference'))
    await using peer = new RawDealer(manager.endpoint)
    for (const sequence of [1, 2, 5, 5, 3, 6]) await peer.send(...good(sequence))
    await eventually('the last one is read', () => manager.requests.includes(6))
    expect(manager.gaps).toEqual([2])
    expect(manager.requests).toEqual([1, 2, 5, 6])
    expect(manager.link.repeated).toBe(2)
  })

  it('takes an empty message as the peer’s leaving; what comes after it is a new peer', async () => {
    await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'inference'))
    await using peer = new RawDealer(manager.endpoint)
    await peer.send(...good(1))
    await eventually('it is known', () => manager.records.length === 1)
    await peer.send(Buffer.alloc(0))
    await peer.send(...good(2))
    await eventually('it is known anew', () => manager.records.length === 2)
    expect(manager.gone).toEqual([manager.records[0]?.peer])
    expect(manager.records[1]?.peer).not.toBe(manager.records[0]?.peer)
    expect(manager.link.peerCount).toBe(1)
  })

  it(`survives thousands of random messages, and serves an honest peer meanwhile (seed ${SEED}, AICLUSTER_SEED repeats it)`, async () => {
    await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'inference'))
    await using peer = new PeerEnd(manager.endpoint)
    await using stranger = new RawDealer(manager.endpoint)
    peer.link.connect()
    await eventually('the honest peer is connected', () => peer.link.isUp)
    const random = seededRandom(SEED)
    const honest = 2 ** 40
    const [small] = good(1) as [Uint8Array]
    for (let i = 0; i < 3000; i++) {
      const frame = random.chance(0.5) ? Buffer.from(small) : Buffer.from(random.bytes(random.integer(0, 120)))
      if (frame.length > 0) frame[random.integer(0, frame.length - 1)] = random.integer(0, 255)
      const cut = random.chance(0.3) ? frame.subarray(0, random.integer(0, frame.length)) : frame
      await stranger.send(...Array.from({ length: random.integer(1, 3) }, () => cut))
      if (i % 30 === 0) sendRequest(peer.link, honest + i)
    }
    await stranger.send(...good(1))
    sendRequest(peer.link, honest + 3000)

    await eventually('the honest peer was served to the end', () => manager.requests.includes(honest + 3000))
    expect(manager.requests.filter((request) => request >= honest && request % 30 === honest % 30)).toHaveLength(101)
    expect(manager.drops.filter(({ reason }) => reason === 'handler')).toEqual([])
    expect(manager.drops.length).toBeGreaterThan(500)
    expect(peer.downs).toBe(0)
  })
})

describe('a peer’s end', () => {
  /** A manager that says whatever a test wants, and a peer that is connected to it. */
  async function misled() {
    const { router, endpoint } = await RawRouter.bind('tcp://127.0.0.1:0')
    const peer = new PeerEnd(endpoint)
    peer.link.connect()
    await eventually('the connection stands', () => peer.link.isUp)
    sendSignal(peer.link, RecordKind.hello)
    const { peer: id } = await router.receive()
    return {
      peer,
      say: (frames: Uint8Array[]) => router.send(id, ...frames),
      async [Symbol.asyncDispose]() {
        await peer.link.close()
        router.close()
      },
    }
  }

  it.each(BAD)('drops and counts what is %s (%s), and reads on', async (reason, _what, bad) => {
    await using world = await misled()
    await world.say(bad)
    await world.say(good(7))
    await eventually('the good message is read', () => world.peer.requests.includes(7))
    expect(world.peer.drops).toEqual([reason])
    expect(world.peer).toMatchObject({ requests: [7], downs: 0 })
  })

  it(`survives thousands of random messages (seed ${SEED}, AICLUSTER_SEED repeats it)`, async () => {
    await using world = await misled()
    const random = seededRandom(SEED)
    for (let i = 0; i < 3000; i++) {
      const frame = Buffer.from(random.chance(0.5) ? (good(1)[0] as Uint8Array) : random.bytes(random.integer(0, 120)))
      if (frame.length > 0) frame[random.integer(0, frame.length - 1)] = random.integer(0, 255)
      await world.say([frame])
    }
    await world.say(good(MAX_U48))
    await eventually('the last message is read', () => world.peer.requests.includes(MAX_U48))
    expect(world.peer.drops.length).toBeGreaterThan(500)
    expect(world.peer.downs).toBe(0)
  })
})
