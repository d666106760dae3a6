import { randomBytes } from 'node:crypto'
import { decodeMsgpack, encodeMsgpack, PROTOCOL_MAJOR, RecordKind, writeU32 } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { hostHello, messageBytes, recordBytes } from './hostile-peer'
import { HOSTILE_CONFIG, MAX_BODY, peerAt, SOCKETS, untilCounted, useHostileWorld } from './hostile-world'
import type { World } from './world'

const DROPS = ['foreign', 'other_version', 'malformed', 'oversized', 'handler'].map((reason) => `messages_dropped_${reason}_total`)

/** First frame of a message whose only record is cut or stretched somewhere. */
function broken(change: (record: Buffer) => Buffer): Buffer {
  const preamble = Buffer.from([0x41, 0x49, PROTOCOL_MAJOR, 0])
  return Buffer.concat([
    preamble,
    change(recordBytes({ kind: RecordKind.request, name: 'echo', header: Buffer.alloc(20), body: Buffer.alloc(30) })),
  ])
}

const edited = (edit: (record: Buffer) => void): Buffer =>
  broken((record) => {
    edit(record)
    return record
  })

/** Messages that are dropped wherever they arrive, and the reason under which they are counted. */
const GARBAGE: [what: string, reason: string, frames: Uint8Array[]][] = [
  ['another program’s text', 'foreign', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
  ['one byte', 'foreign', [Buffer.from('A')]],
  ['an empty frame and another', 'foreign', [Buffer.alloc(0), Buffer.from('x')]],
  ['random bytes', 'foreign', [Buffer.concat([Buffer.from([0]), randomBytes(5_000)])]],
  ['many random frames', 'foreign', Array.from({ length: 50 }, () => Buffer.concat([Buffer.from([0]), randomBytes(50)]))],
  ['another major version', 'other_version', [Buffer.from([0x41, 0x49, PROTOCOL_MAJOR + 1, 0, 1, 2, 3])]],
  ['a cut length', 'malformed', [Buffer.from([0x41, 0x49, PROTOCOL_MAJOR, 0, 0, 0])]],
  ['a length beyond the frame', 'malformed', [edited((record) => writeU32(record, 0, 0xffffffff))]],
  ['a length of zero', 'malformed', [edited((record) => writeU32(record, 0, 0))]],
  ['a cut envelope', 'malformed', [broken((record) => record.subarray(0, 30))]],
  ['a cut body', 'malformed', [broken((record) => record.subarray(0, record.length - 1))]],
  ['bytes behind the record', 'malformed', [broken((record) => Buffer.concat([record, Buffer.from([1])]))]],
  ['a header length that lies', 'malformed', [edited((record) => writeU32(record, 4 + 38, 0xfffffff0))]],
  ['a body length that lies', 'malformed', [edited((record) => writeU32(record, 4 + 42, 31))]],
  ['a name longer than names are', 'malformed', [edited((record) => record.writeUInt8(255, 4 + 46))]],
  ['a body in frames that are not there', 'malformed', [messageBytes({ kind: RecordKind.request, body: Buffer.alloc(9), inFrames: true })]],
  [
    'a body frame too long',
    'malformed',
    [messageBytes({ kind: RecordKind.request, body: Buffer.alloc(9), inFrames: true }), Buffer.alloc(10)],
  ],
  ['frames that nobody announced', 'malformed', [messageBytes({ kind: RecordKind.ping }), Buffer.alloc(10)]],
  [
    'a body beyond the limit, in frames',
    'oversized',
    [messageBytes({ kind: RecordKind.request, body: Buffer.alloc(MAX_BODY + 1), inFrames: true }), Buffer.alloc(MAX_BODY + 1)],
  ],
]

describe('hostile bytes', () => {
  let world: World
  useHostileWorld(HOSTILE_CONFIG, (started) => {
    world = started
  })

  const dropped = async (): Promise<Record<string, number>> => {
    const { counters } = await world.metrics()
    return Object.fromEntries(DROPS.map((name) => [name, counters[name] ?? 0]))
  }

  describe.each(SOCKETS)('to the %s socket', (socket) => {
    it.each(GARBAGE)('such as %s are dropped and counted as %s', async (_what, reason, frames) => {
      await using peer = peerAt(world, socket)
      const counter = `messages_dropped_${reason}_total`
      const before = await dropped()

      await peer.send(...frames)

      await untilCounted(world, counter, (before[counter] ?? 0) + 1)
      expect(await dropped()).toEqual({ ...before, [counter]: (before[counter] ?? 0) + 1 })
    })

    it('such as every kind of record before hello (but an ack) are dropped and counted', async () => {
      await using peer = peerAt(world, socket)
      const kinds = Object.values(RecordKind).filter((kind) => kind !== RecordKind.hello && kind !== RecordKind.ack)
      const before = await world.counter('records_before_hello_total')

      await peer.send(
        messageBytes(...[...kinds, 0, 99, 255].map((kind) => ({ kind: kind as RecordKind, name: 'echo', body: Buffer.alloc(4) }))),
      )

      await untilCounted(world, 'records_before_hello_total', before + kinds.length + 3)
    })

    it.each([
      ['that is no msgpack', Buffer.from([0xc1, 0xc1]), 'not msgpack'],
      ['of another version', encodeMsgpack({ protocol: [PROTOCOL_MAJOR + 1, 0] }), 'protocol version'],
      ['that is not a map', encodeMsgpack([1, 2]), 'protocol version'],
      ['without anything else', encodeMsgpack({ protocol: [PROTOCOL_MAJOR, 0] }), 'hello'],
      ['with a secret that is too short', hostHello('inference', randomBytes(15)), ''],
      ['for another socket', hostHello(socket === 'inference' ? 'management' : 'inference', randomBytes(16)), ''],
    ])('such as a hello %s is refused with the reason', async (_what, header, reason) => {
      await using peer = peerAt(world, socket)
      const before = await world.counter('hellos_refused_total')

      await peer.send(messageBytes({ kind: RecordKind.hello, header }))

      const refused = decodeMsgpack((await peer.hears(RecordKind.refused)).header)
      expect(refused).toMatchObject({ code: 110, message: expect.stringContaining(reason) })
      expect(await world.counter('hellos_refused_total')).toBe(before + 1)
    })

    it('such as thousands of random changes to good messages stop nothing', async () => {
      await using peer = peerAt(world, socket)
      const good = messageBytes(
        { kind: RecordKind.hello, header: hostHello('inference', randomBytes(16)) },
        { kind: RecordKind.request, name: 'echo', header: Buffer.alloc(20), body: Buffer.alloc(30) },
        { kind: RecordKind.started, header: Buffer.alloc(20) },
      )
      for (let i = 0; i < 2_000; i++) {
        const frame = Buffer.from(good)
        for (let n = 0; n <= i % 4; n++) frame.writeUInt8(randomBytes(1)[0] ?? 0, 4 + (randomBytes(2).readUInt16BE() % (frame.length - 4)))
        await peer.send(frame)
      }
      const last = await world.counter('messages_dropped_foreign_total')
      await peer.send(Buffer.from('the end'))

      await untilCounted(world, 'messages_dropped_foreign_total', last + 1)
    })

    it('such as a frame beyond every limit cut the connection of its sender alone, and that is counted', async () => {
      await using peer = peerAt(world, socket)
      const before = await world.counter('connections_closed_total')

      await peer.send(Buffer.alloc(4 * 1024 * 1024))

      await eventually('the connection to be closed', async () => (await world.counter('connections_closed_total')) > before)
    })

    it('such as an empty message, which looks like a disconnect notice, cost their sender alone', async () => {
      await using peer = peerAt(world, socket)

      await peer.send(Buffer.alloc(0))
      await peer.send(Buffer.alloc(0), Buffer.alloc(0))
      await peer.send(messageBytes({ kind: RecordKind.hello, header: Buffer.alloc(0) }))

      await peer.hears(RecordKind.refused)
    })
  })
})
