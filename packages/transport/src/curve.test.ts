import { eventually } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Dealer } from 'zeromq'
import { LIMITS, ManagerEnd, PeerEnd } from '../test/ends'
import { sendRequest } from '../test/records'
import { type CurveClientKeys, curveKeyText, isCurveKey, newCurveKeyPair } from './curve-keys'
import { ZapHandler, type ZapRefusal } from './zap-handler'

const server = newCurveKeyPair()
let zap: ZapHandler
let refusals: ZapRefusal[]
const open: AsyncDisposable[] = []

beforeEach(async () => {
  refusals = []
  zap = await onlyHandler()
})
afterEach(async () => {
  for (const end of open.splice(0)) await end[Symbol.asyncDispose]()
  await zap.close()
})

/** The test before has closed its own, and libzmq lets go of the place a moment later. */
async function onlyHandler(): Promise<ZapHandler> {
  for (;;) {
    try {
      return await ZapHandler.start((refusal) => refusals.push(refusal))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      await new Promise(setImmediate)
    }
  }
}

const keys = (): CurveClientKeys => ({ serverKey: server.publicKey, ...newCurveKeyPair() })

async function managerEnd(domain = 'host'): Promise<ManagerEnd> {
  const end = await ManagerEnd.bind('tcp://127.0.0.1:0', LIMITS, { secretKey: server.secretKey, domain })
  open.push(end)
  return end
}

function peerEnd(manager: ManagerEnd, curve?: CurveClientKeys): PeerEnd {
  const end = new PeerEnd(manager.endpoint, LIMITS, curve)
  open.push(end)
  end.link.connect()
  return end
}

describe('a link with CURVE', () => {
  it('carries records and large bodies both ways for a known key', async () => {
    zap.open()
    const manager = await managerEnd()
    const own = keys()
    zap.admit('host', own.publicKey, 'app')
    const peer = peerEnd(manager, own)
    manager.onRecord = ({ peer: from, request, body }) => sendRequest(from.outbox, request, body)
    await eventually('the connection stands', () => peer.link.isUp)

    sendRequest(peer.link, 1, Buffer.alloc(6 * 1024 * 1024, 7))

    const answer = await eventually('the body is back', () => peer.records[0])
    expect(answer.body.equals(Buffer.alloc(6 * 1024 * 1024, 7))).toBe(true)
    expect([...peer.failures, ...refusals]).toEqual([])
  })

  it('lets nobody in whose key is not known there, says so to the peer, and reports it once', async () => {
    zap.open()
    const manager = await managerEnd()
    const own = keys()
    zap.admit('container', own.publicKey, 'another role')
    const peer = peerEnd(manager, own)

    await eventually('it is refused twice', () => peer.failures.length >= 2)

    expect(new Set(peer.failures)).toEqual(new Set(['key-refused']))
    expect(refusals).toEqual([{ domain: 'host', address: '127.0.0.1', reason: 'no such key is known', publicKey: own.publicKey }])
    expect(zap.refusals).toBeGreaterThanOrEqual(2)
    expect(manager.connected).toEqual([])
  })

  it('lets a refused peer in as soon as its key is known', async () => {
    zap.open()
    const manager = await managerEnd()
    const own = keys()
    const peer = peerEnd(manager, own)
    await eventually('it is refused', () => peer.failures.length > 0)

    zap.admit('host', own.publicKey, 'app')

    await eventually('it is in', () => peer.link.isUp)
  })

  it('lets nobody in without a key, and tells both sides', async () => {
    zap.open()
    const manager = await managerEnd()
    const peer = peerEnd(manager)
    await eventually('it is refused', () => peer.failures.length > 0 && manager.strangers > 0)
    expect(peer.failures[0]).toBe('encryption-differs')
    expect(manager.connected).toEqual([])
  })

  it('lets nobody in who takes the manager for another', async () => {
    zap.open()
    const manager = await managerEnd()
    const own = { ...keys(), serverKey: newCurveKeyPair().publicKey }
    zap.admit('host', own.publicKey, 'app')
    const peer = peerEnd(manager, own)
    await eventually('it has failed', () => peer.failures.length > 0)
    expect(peer.failures[0]).toBe('broken-off')
  })

  it('does not stand where the other end has no CURVE', async () => {
    const manager = await ManagerEnd.bind('tcp://127.0.0.1:0')
    open.push(manager)
    const peer = peerEnd(manager, keys())
    await eventually('it has failed', () => peer.failures.length > 0)
    expect(peer.failures[0]).toBe('encryption-differs')
  })

  it('makes early peers wait until it is known who may come', async () => {
    const manager = await managerEnd()
    const [own, foreign] = [keys(), keys()]
    const [peer, stranger] = [peerEnd(manager, own), peerEnd(manager, foreign)]
    await eventually('both have asked', () => Reflect.get(zap, 'waiting').length === 2)
    expect([...peer.failures, ...stranger.failures]).toEqual([])

    zap.admit('host', own.publicKey, 'app')
    zap.open()

    await eventually('both have their answer', () => peer.link.isUp && stranger.failures.length > 0)
  })

  it('ends for a withdrawn key when the socket is opened anew, and goes on for the others', async () => {
    zap.open()
    const manager = await managerEnd()
    const [kept, revoked] = [keys(), keys()]
    for (const { publicKey } of [kept, revoked]) zap.admit('host', publicKey, 'app')
    const [stays, goes] = [peerEnd(manager, kept), peerEnd(manager, revoked)]
    await eventually('both are in', () => stays.link.isUp && goes.link.isUp)

    zap.withdraw('host', revoked.publicKey)
    await manager.link.reopen(() => {})

    await eventually('one is back, the other refused', () => stays.ups === 2 && goes.failures.includes('key-refused'))
    expect(goes.link.isUp).toBe(false)
    expect(goes.ups).toBe(1)
  })
})

describe('a question to the ZAP handler that makes no sense', () => {
  const ask = async (...frames: (string | Buffer)[]): Promise<string[]> => {
    const dealer = new Dealer({ linger: 0, receiveTimeout: 500 })
    dealer.connect('inproc://zeromq.zap.01')
    await dealer.send(frames)
    try {
      return (await dealer.receive()).map(String)
    } finally {
      dealer.close()
    }
  }
  const key = Buffer.alloc(32)

  it.each([
    ['of another version', ['', '2.0', '1', 'host', '127.0.0.1', '', 'CURVE', key], '500'],
    ['of another mechanism', ['', '1.0', '1', 'host', '127.0.0.1', '', 'PLAIN', 'name', 'password'], '400'],
    ['without a key', ['', '1.0', '1', 'host', '127.0.0.1', '', 'CURVE'], '400'],
    ['with a short key', ['', '1.0', '1', 'host', '127.0.0.1', '', 'CURVE', Buffer.alloc(31)], '400'],
    ['with two keys', ['', '1.0', '1', 'host', '127.0.0.1', '', 'CURVE', key, key], '400'],
    ['cut off', ['', '1.0', '1'], '400'],
  ])('%s is refused', async (_, frames, status) => {
    zap.open()
    const answer = await ask(...frames)
    expect(answer.slice(0, 4)).toEqual(['', '1.0', '1', status])
    expect(zap.refusals).toBe(1)
  })

  it('and has no id is only counted; the next one is answered', async () => {
    zap.open()
    await expect(ask('nonsense')).rejects.toMatchObject({ code: 'EAGAIN' })
    expect(zap.refusals).toBe(1)
    expect((await ask('', '1.0', '7', 'host', '127.0.0.1', '', 'CURVE', key))[3]).toBe('400')
  })
})

describe('a key', () => {
  it('has one text, that of libzmq', () => {
    // The example of ZeroMQ RFC 32, and a length that is none.
    expect(curveKeyText(Buffer.from('864fd26fb559f75b'.repeat(4), 'hex'))).toBe('HelloWorld'.repeat(4))
    expect(curveKeyText(Buffer.alloc(8))).toBeUndefined()
  })

  it.each([
    [newCurveKeyPair().publicKey, true],
    ['short', false],
    ['ä'.repeat(40), false],
    [7, false],
  ])('%s is one: %s', (value, expected) => {
    expect(isCurveKey(value)).toBe(expected)
  })
})
