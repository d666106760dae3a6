import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { RecordKind } from '@aicluster/protocol'
import { eventually, type TempFolder, tempFolder } from '@aicluster/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { ManagerEnd, PeerEnd } from '../test/ends'
import { sendRequest, sendSignal } from '../test/records'
import { ipcEndpoint, tcpEndpoint } from './endpoint'
import type { Outbox } from './outbox'

let folder: TempFolder
const children: ChildProcess[] = []
beforeAll(async () => {
  folder = await tempFolder()
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => folder.remove())

/** A process of its own that is connected and has sent one record. */
async function peerProcess(manager: ManagerEnd): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../test/programs/peer.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, manager.endpoint], { stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  await eventually('the process has sent its record', () => manager.records.length === 1, 10_000)
  return child
}

/**
 * An address that nobody is bound to: a Unix socket that is not tried out before, or a TCP port that was free just now. The port
 * is Node's, because Node tells when it is free again; ZeroMQ's `close` returns while its port is still taken.
 */
async function addressOfNobody(endpoint: string): Promise<string> {
  if (endpoint.startsWith('ipc://')) return endpoint
  const placeholder = createServer().listen(0, '127.0.0.1')
  await once(placeholder, 'listening')
  const { port } = placeholder.address() as AddressInfo
  placeholder.close()
  await once(placeholder, 'close')
  return tcpEndpoint('127.0.0.1', port)
}

describe.each([
  ['ipc', () => ipcEndpoint(folder.path, 'sub')],
  ['tcp on loopback', () => 'tcp://127.0.0.1:0'],
])('over %s', (_transport, endpoint) => {
  it('the manager learns within a moment that a peer was killed', async () => {
    await using manager = await ManagerEnd.bind(endpoint())
    const child = await peerProcess(manager)
    const killedAt = performance.now()
    child.kill('SIGKILL')
    await eventually('the manager knows', () => manager.gone.length === 1)
    expect(performance.now() - killedAt).toBeLessThan(1000)
    expect(manager.gone).toEqual([manager.records[0]?.peer])
  })

  it('the manager learns by heartbeat that a peer has stopped, though its connection stands', async () => {
    await using manager = await ManagerEnd.bind(endpoint())
    const child = await peerProcess(manager)
    const stoppedAt = performance.now()
    child.kill('SIGSTOP')
    await eventually('the manager knows', () => manager.gone.length === 1, 10_000)
    // Interval 500 ms and timeout 1500 ms: neither at once nor much later, however busy this machine is.
    expect(performance.now() - stoppedAt).toBeGreaterThan(1000)
  })

  it('a peer that belonged to nobody for long is answered on the connection that stands', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    await using manager = await ManagerEnd.bind(endpoint())
    await using peer = new PeerEnd(manager.endpoint)
    peer.onUp = () => sendSignal(peer.link, RecordKind.hello)
    peer.link.connect()
    await eventually('its hello', () => manager.records.length === 1)
    const answer = (kind: RecordKind) => sendSignal(manager.records.at(-1)?.peer.outbox as Outbox, kind)
    answer(RecordKind.refused)
    await eventually('the refusal', () => peer.records.length === 1)

    vi.advanceTimersByTime(60_000)
    sendSignal(peer.link, RecordKind.hello)
    await eventually('its second hello', () => manager.records.length === 2)
    answer(RecordKind.welcome)

    await eventually('the welcome', () => peer.records.at(-1)?.kind === RecordKind.welcome)
    expect(manager.gone).toEqual([])
  })

  it('a peer comes back to a manager that was restarted: a new connection, with sequences above those of before', async () => {
    const before = await ManagerEnd.bind(endpoint())
    await using peer = new PeerEnd(before.endpoint)
    peer.onUp = () => sendSignal(peer.link, RecordKind.hello)
    peer.link.connect()
    await eventually('the first hello', () => before.records.length === 1)
    for (const request of [1, 2]) sendRequest(peer.link, request)
    await eventually('the requests', () => before.records.length === 3)
    for (const request of [11, 12, 13]) sendRequest(before.records[0]?.peer.outbox as Outbox, request)
    await eventually('the answers', () => peer.records.length === 3)

    await before.link.close()
    await eventually('the peer knows', () => peer.downs === 1)
    await using after = await ManagerEnd.bind(before.endpoint)
    await eventually('the second hello', () => after.records.length === 1, 10_000)
    sendRequest(peer.link, 3)
    await eventually('the request behind it', () => after.records.length === 2)
    const answers = after.records[0]?.peer.outbox as Outbox
    sendRequest(answers, 13)
    // As if one answer had been lost.
    answers.sequence++
    sendRequest(answers, 15)
    await eventually('the answer', () => peer.requests.includes(15))

    expect(peer).toMatchObject({ ups: 2, downs: 1 })
    expect(after.records.map(({ kind, linkSequence, ack }) => [kind, linkSequence, ack])).toEqual([
      [RecordKind.hello, 2 ** 30 + 1, 0],
      [RecordKind.request, 2 ** 30 + 2, 0],
    ])
    expect([after.gaps, peer.gaps]).toEqual([[], [1]])
  })

  it('a restarted manager gets nothing of before, whatever was sent while it went and while it was away', async () => {
    const before = await ManagerEnd.bind(endpoint())
    await using peer = new PeerEnd(before.endpoint)
    peer.onUp = () => sendSignal(peer.link, RecordKind.hello)
    peer.link.connect()
    await eventually('the first hello', () => before.records.length === 1)

    const closing = before.link.close()
    let request = 0
    await eventually('the peer knows', () => {
      for (let i = 0; i < 100; i++) sendRequest(peer.link, ++request)
      return peer.downs === 1
    })
    await closing
    for (let i = 0; i < 1000; i++) sendRequest(peer.link, ++request)
    await using after = await ManagerEnd.bind(before.endpoint)
    await eventually('the second hello', () => after.records.length > 0, 10_000)
    sendSignal(peer.link, RecordKind.ping)
    await eventually('the record behind it', () => after.records.some(({ kind }) => kind === RecordKind.ping))

    expect(after.records.map(({ kind }) => kind)).toEqual([RecordKind.hello, RecordKind.ping])
  })

  it('a peer that came first connects as soon as the manager is there', async () => {
    const address = await addressOfNobody(endpoint())
    await using peer = new PeerEnd(address)
    peer.onUp = () => sendSignal(peer.link, RecordKind.hello)
    peer.link.connect()
    sendRequest(peer.link, 1)
    await using manager = await ManagerEnd.bind(address)
    await eventually('the hello', () => manager.records.length === 1, 10_000)
    expect(manager.records.map(({ kind }) => kind)).toEqual([RecordKind.hello])
  })
})

it('a link that was closed sends nothing, receives nothing, and may be closed again', async () => {
  await using manager = await ManagerEnd.bind(ipcEndpoint(folder.path, 'management'))
  const peer = new PeerEnd(manager.endpoint)
  peer.link.connect()
  await eventually('the connection stands', () => peer.link.isUp && manager.connected.length === 1)
  await peer.link.close()
  sendRequest(peer.link, 1)
  await peer.link.close()
  await eventually('the manager knows', () => manager.gone.length === 1)
  expect(peer.link.isUp).toBe(false)
  expect(peer.downs).toBe(0)
  expect(manager.records).toEqual([])
})
