import { createEnvelope, RecordKind } from '@aicluster/protocol'
import { eventually, RawRouter, type TempFolder, tempFolder } from '@aicluster/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManagerEnd, PeerEnd } from '../test/ends'
import { sendRequest, sendSignal } from '../test/records'
import { ipcEndpoint } from './endpoint'
import { readMessage } from './read-message'

let folder: TempFolder
beforeAll(async () => {
  folder = await tempFolder()
})
afterAll(() => folder.remove())

/** A manager's end and a peer that is connected to it. */
async function pair(endpoint: string): Promise<{ manager: ManagerEnd; peer: PeerEnd } & AsyncDisposable> {
  const manager = await ManagerEnd.bind(endpoint)
  const peer = new PeerEnd(manager.endpoint)
  peer.link.connect()
  await eventually('both ends know of the connection', () => peer.link.isUp && manager.connected.length === 1)
  return {
    manager,
    peer,
    async [Symbol.asyncDispose]() {
      await peer.link.close()
      await manager.link.close()
    },
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe.each([
  ['ipc', () => ipcEndpoint(folder.path, 'inference')],
  ['tcp on loopback', () => 'tcp://127.0.0.1:0'],
])('a link over %s', (_transport, endpoint) => {
  it('carries records both ways, with link sequences from 1 and acks of what came', async () => {
    await using ends = await pair(endpoint())
    const { manager, peer } = ends
    manager.onRecord = ({ peer: from, request }) => sendRequest(from.outbox, request + 100, Buffer.from('pong'))

    for (const request of [1, 2, 3]) {
      sendRequest(peer.link, request, Buffer.from(`ping ${request}`))
      await eventually(`answer ${request}`, () => peer.records.length === request)
    }

    expect(manager.records.map(({ linkSequence, ack, body }) => [linkSequence, ack, String(body)])).toEqual([
      [1, 0, 'ping 1'],
      [2, 1, 'ping 2'],
      [3, 2, 'ping 3'],
    ])
    expect(peer.records.map(({ linkSequence, ack, request, body }) => [linkSequence, ack, request, String(body)])).toEqual([
      [1, 1, 101, 'pong'],
      [2, 2, 102, 'pong'],
      [3, 3, 103, 'pong'],
    ])
  })

  it('carries thousands of records of one turn in order, without a gap', async () => {
    await using ends = await pair(endpoint())
    const { manager, peer } = ends
    for (const request of numbers(5000)) sendRequest(peer.link, request, Buffer.from('x'.repeat(request % 200)))
    await eventually('all have come', () => manager.records.length === 5000)
    expect(manager.requests).toEqual(numbers(5000))
    expect([...manager.gaps, ...manager.drops]).toEqual([])
  })

  it('keeps the order where large bodies stand among small ones', async () => {
    await using ends = await pair(endpoint())
    const { manager, peer } = ends
    for (const request of numbers(60)) sendRequest(peer.link, request, Buffer.alloc(request % 7 === 0 ? 100_000 : 20, request))
    await eventually('all have come', () => manager.records.length === 60)
    expect(manager.requests).toEqual(numbers(60))
    for (const { request, body } of manager.records) expect(body.every((byte) => byte === request)).toBe(true)
  })

  it('carries a body of 6 MB both ways', async () => {
    await using ends = await pair(endpoint())
    const { manager, peer } = ends
    const body = Buffer.from(Uint8Array.from({ length: 6 * 1024 * 1024 }, (_, index) => index >>> 8))
    manager.onRecord = ({ peer: from, request, body: received }) => sendRequest(from.outbox, request, received)
    sendRequest(peer.link, 7, body)
    const answer = await eventually('the body is back', () => peer.records[0])
    expect(answer.body.equals(body)).toBe(true)
    expect(answer.frames).toBe(1)
  })

  it('acknowledges what nothing else answers', async () => {
    await using ends = await pair(endpoint())
    const { manager, peer } = ends
    for (const request of numbers(3)) sendRequest(peer.link, request, Buffer.alloc(1000))
    expect(peer.link.unackedBytes).toBeGreaterThan(3000)
    await eventually('the manager has acknowledged everything', () => peer.link.unackedBytes === 0)
    expect(peer.records).toEqual([])
    expect(manager.requests).toEqual(numbers(3))
  })

  it('tells the manager at once when the peer closes, and the peer’s last words come before that', async () => {
    await using ends = await pair(endpoint())
    const { manager, peer } = ends
    sendSignal(peer.link, RecordKind.ping)
    sendSignal(peer.link, RecordKind.goodbye)
    await peer.link.close()
    await eventually('the manager knows', () => manager.gone.length === 1)
    expect(manager.records.map(({ kind }) => kind)).toEqual([RecordKind.ping, RecordKind.goodbye])
    expect(manager.gone).toEqual(manager.connected)
    expect(manager.link.peerCount).toBe(0)
  })
})

describe('many records of one turn', () => {
  it('travel in few messages, each with as many as fit', async () => {
    const { router, endpoint } = await RawRouter.bind('tcp://127.0.0.1:0')
    await using _router = router
    await using peer = new PeerEnd(endpoint)
    peer.link.connect()
    await eventually('the connection stands', () => peer.link.isUp)
    for (const request of numbers(1000)) sendRequest(peer.link, request, Buffer.alloc(100))

    const counts: number[] = []
    for (let seen = 0; seen < 1000; ) {
      const { frames } = await router.receive()
      let count = 0
      readMessage(frames, 0, { maxBodyBytes: 100, maxHeaderBytes: 1 }, createEnvelope(), ({ request }) => {
        count++
        expect(request).toBe(seen + count)
      })
      counts.push(count)
      seen += count
    }

    expect(counts[0]).toBe(1)
    expect(counts.length).toBeLessThanOrEqual(1 + Math.ceil((1000 * 160) / 65_000))
  })
})

describe('several peers', () => {
  it('are told apart, and each gets its own', async () => {
    await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'pub'))
    manager.onRecord = ({ peer, request }) => sendRequest(peer.outbox, request)
    const peers = numbers(20).map(() => new PeerEnd(manager.endpoint))
    for (const { link } of peers) link.connect()
    await eventually('all are connected', () => peers.every(({ link }) => link.isUp))
    for (const [index, { link }] of peers.entries()) for (const request of numbers(50)) sendRequest(link, index * 100 + request)

    await eventually('all are answered', () => peers.every(({ records }) => records.length === 50))

    for (const [index, { requests }] of peers.entries()) expect(requests).toEqual(numbers(50).map((request) => index * 100 + request))
    expect(manager.link.peerCount).toBe(20)
    await Promise.all(peers.map(({ link }) => link.close()))
    await eventually('all are gone', () => manager.link.peerCount === 0)
  })
})

describe('a socket that cannot be bound', () => {
  it('rejects with the reason', async () => {
    await using first = await ManagerEnd.bind('tcp://127.0.0.1:0')
    const second = new ManagerEnd()
    await expect(second.link.bind(first.endpoint)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await second.link.close()
  })
})
