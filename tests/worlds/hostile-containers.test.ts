import { randomBytes } from 'node:crypto'
import type { InferCallback } from '@aicluster/host-sdk'
import { decodeMsgpack, decodeNumbers, encodeMsgpack, RecordKind } from '@aicluster/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from './eventually'
import { type HostilePeer, hostHello } from './hostile-peer'
import { HOSTILE_CONFIG, identityOf, peerAt, untilCounted, useHostileWorld } from './hostile-world'
import { Recorder } from './recorder'
import type { World } from './world'

describe('among containers that break the rules', () => {
  let world: World
  useHostileWorld(HOSTILE_CONFIG, (started) => {
    world = started
  })

  describe('a container', () => {
    let requests: HostilePeer
    let answers: HostilePeer
    let hello: (link: string) => Uint8Array

    beforeEach(async () => {
      // Its program never connects: this test does so in its stead.
      const loaded = world.load('silent', 'raw', { maxSendNum: 2 })
      const identity = await eventually('the files of the container', () => identityOf(world, 'raw-board1'))
      hello = (link) => hostHello('inference', Buffer.alloc(16), { role: 'container', link, names: ['raw'], ...identity })
      requests = peerAt(world, 'sub')
      answers = peerAt(world, 'pub')
      await requests.say({ kind: RecordKind.hello, header: hello('requests') })
      await answers.say({ kind: RecordKind.hello, header: hello('answers') })
      await Promise.all([requests.hears(RecordKind.welcome), answers.hears(RecordKind.welcome)])
      await requests.say({ kind: RecordKind.ready })
      await loaded
    })
    afterEach(async () => {
      await world.cluster.unloadInference({ inferenceName: 'raw' })
      await requests[Symbol.asyncDispose]()
      await answers[Symbol.asyncDispose]()
    })

    const result = (request: number, header = encodeMsgpack({ result: 'done', received_at: 0, sent_at: 0 })) => ({
      kind: RecordKind.result,
      name: 'raw',
      header,
      fields: { request },
    })

    it('whose earlier connection is read late is heard over its newer one', async () => {
      await using newer = peerAt(world, 'sub')
      await newer.say({ kind: RecordKind.hello, header: hello('requests') })
      await newer.hears(RecordKind.welcome)
      await answers.say({ kind: RecordKind.hello, header: hello('answers') })
      await newer.say({ kind: RecordKind.ready })
      await eventually('it to be connected', async () =>
        (await world.metrics()).credits.some(({ suffixName }) => suffixName === 'raw-board1'),
      )

      // As if the manager had stood still: what was said before over the connection that is gone is read after the hello over the next.
      await requests.say({ kind: RecordKind.hello, header: hello('requests') })
      await untilCounted(world, 'hellos_outdated_total', 1)
      const outcome = world.cluster.infer('raw', Buffer.alloc(3))
      const { request } = await newer.hears(RecordKind.request)
      await answers.say(result(request))

      await expect(outcome).resolves.toMatchObject({ result: 'done' })
    })

    it('that answers twice, or what it does not hold, has its answers dropped and counted', async () => {
      const before = await world.counter('unknown_responses_total')
      const outcome = world.cluster.infer('raw', Buffer.alloc(3))
      const { request } = await requests.hears(RecordKind.request)

      await answers.say(result(request + 1_000), result(request), result(request), result(0))

      await expect(outcome).resolves.toMatchObject({ result: 'done' })
      await untilCounted(world, 'unknown_responses_total', before + 3)
    })

    it('that sends parts nobody asked for, beyond the window, or of others has them dropped and counted', async () => {
      const before = await world.counter('parts_dropped_total')
      const part = (request: number, n: number) => ({
        kind: RecordKind.part,
        name: 'raw',
        header: encodeMsgpack({ result: n }),
        fields: { request, part: n },
      })
      const plain = world.cluster.infer('raw', Buffer.alloc(3))
      const { request: first } = await requests.hears(RecordKind.request)
      await answers.say(part(first, 0), part(first + 1_000, 0), result(first))
      await plain
      const stream = world.cluster.inferStream('raw', Buffer.alloc(3))
      const isStream = ({ kind, request }: { kind: number; request: number }) => kind === RecordKind.request && request !== first
      const { request } = await eventually('the stream', () => requests.heard.find(isStream))

      await answers.say(...[0, 0, 2, ...Array.from({ length: 30 }, (_, n) => n + 1)].map((n) => part(request, n)))

      // 16 of 33 are inside the window; the two before belong to nobody.
      await untilCounted(world, 'parts_dropped_total', before + 2 + 17)
      const parts = stream[Symbol.asyncIterator]()
      for (let n = 0; n < 16; n++) expect(await parts.next()).toEqual({ done: false, value: n })
      await answers.say(result(request))
      expect((await parts.next()).done).toBe(true)
    })

    it('that answers a stream twice keeps the parts that its reader misses: they can be sent again', async () => {
      const stream = world.cluster.inferStream('raw', Buffer.alloc(3))
      const { request } = await requests.hears(RecordKind.request)
      const part = (n: number) => ({
        kind: RecordKind.part,
        name: 'raw',
        header: encodeMsgpack({ result: n }),
        fields: { request, part: n },
      })
      const end = { ...result(request), fields: { request, part: 2 } }
      const unknown = await world.counter('unknown_responses_total')
      // Part 1 is "lost".
      await answers.say(part(0), end, end)
      await untilCounted(world, 'unknown_responses_total', unknown + 1)
      const other = world.cluster.infer('raw', Buffer.alloc(3))
      const isOther = ({ kind, request: number }: { kind: number; request: number }) => kind === RecordKind.request && number !== request
      const { request: otherNumber } = await eventually('another request', () => requests.heard.find(isOther))
      await answers.say(result(otherNumber))
      await other
      const { body } = await requests.hears(RecordKind.settled)
      expect(decodeNumbers(body)).toEqual([otherNumber])
      await requests.hears(RecordKind.window, request)

      await answers.say(part(1))

      const parts = stream[Symbol.asyncIterator]()
      expect([await parts.next(), await parts.next(), await parts.next()].map(({ value }) => value)).toEqual([0, 1, undefined])
    })

    it('that answers another container’s request has its answer dropped and counted', async () => {
      const before = await world.counter('unknown_responses_total')
      const outcome = new Recorder<Parameters<InferCallback>>()
      const number = Number(world.cluster.inferAsync('gated', Buffer.alloc(3), { tag: 'theirs' }, outcome.callback))
      await world.until('gated', { held: 1 })

      await answers.say(result(number))

      await untilCounted(world, 'unknown_responses_total', before + 1)
      world.gates.openAll()
      expect((await outcome.call())[2]).toMatchObject({ tag: 'theirs' })
    })

    it.each([
      ['that is no msgpack', Buffer.from([0x81])],
      ['that is a byte msgpack never uses', Buffer.from([0xc1])],
      ['that is no map', encodeMsgpack(7)],
      ['whose attachment lies outside', encodeMsgpack({ result: null, attachments: [{ path: [], kind: 'bytes', offset: 9, length: 9 }] })],
      [
        'whose attachment goes to a prototype',
        encodeMsgpack({ result: {}, attachments: [{ path: ['__proto__', 'x'], kind: 'bytes', offset: 0, length: 0 }] }),
      ],
    ])('that sends a result %s ends that request with 999, and the next one is answered', async (_what, header) => {
      const broken = world.cluster.infer('raw', Buffer.alloc(3))
      const { request } = await requests.hears(RecordKind.request)

      await answers.say(result(request, header))

      await expect(broken).rejects.toMatchObject({ code: 999, message: expect.stringContaining('cannot be read') })
      const next = world.cluster.infer('raw', Buffer.alloc(3))
      const second = await eventually('the next request', () => requests.heard.filter(({ kind }) => kind === RecordKind.request)[1])
      await answers.say(result(second.request))
      await expect(next).resolves.toMatchObject({ result: 'done' })
    })

    it('that reports work which makes no sense goes on, and that is counted', async () => {
      const before = await world.counter('records_unexpected_total')
      const reports = [
        Buffer.from([0xc1]),
        encodeMsgpack(null),
        encodeMsgpack({ requests: 'all' }),
        encodeMsgpack({ requests: [null, -1, 'x', 2 ** 60] }),
      ]
      for (const header of reports) await answers.say({ kind: RecordKind.started, header })
      // The last one is a list, of numbers that it does not hold.
      await untilCounted(world, 'records_unexpected_total', before + 3)
      const outcome = world.cluster.infer('raw', Buffer.alloc(3))
      const { request } = await requests.hears(RecordKind.request)

      await answers.say(result(request))

      await expect(outcome).resolves.toMatchObject({ result: 'done' })
    })

    it('that says hello as a new program, on one link only, loses what it held: 402', async () => {
      const held = world.cluster.infer('raw', Buffer.alloc(3))
      await requests.hears(RecordKind.request)
      await using other = peerAt(world, 'sub')
      const header = hostHello('inference', Buffer.alloc(16), {
        role: 'container',
        link: 'requests',
        nonce: Buffer.alloc(8, 1),
        names: ['raw'],
        ...identityOf(world, 'raw-board1'),
      })

      await other.say({ kind: RecordKind.hello, header })

      await expect(held).rejects.toMatchObject({ code: 402, message: expect.stringContaining('replaced by a newer connection') })
    })
  })

  it('one that claims to be a container, with a wrong token or an unknown instance, is refused; the container stays', async () => {
    const before = await world.pids()
    const { instance } = identityOf(world, 'echo-board1')
    for (const [link, socket] of [
      ['requests', 'sub'],
      ['answers', 'pub'],
    ] as const) {
      for (const claim of [
        { instance, token: 'guessed' },
        { instance, token: '' },
        { instance: 'f'.repeat(32), token: 'guessed' },
      ]) {
        await using peer = peerAt(world, socket)
        const header = hostHello('inference', randomBytes(16), { role: 'container', link, names: ['echo'], ...claim })
        await peer.say({ kind: RecordKind.hello, header })

        const { code, message } = decodeMsgpack((await peer.hears(RecordKind.refused)).header) as { code: number; message: string }
        expect(code).toBe(110)
        expect(message).toContain('no container of this cluster has this instance and token')
      }
    }
    expect(await world.pids()).toEqual(before)
  })
})
