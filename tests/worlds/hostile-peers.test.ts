import { randomBytes } from 'node:crypto'
import type { InferCallback } from '@aicluster/host-sdk'
import { decodeMsgpack, encodeMsgpack, RecordKind } from '@aicluster/protocol'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from './eventually'
import { type HostilePeer, hostHello } from './hostile-peer'
import { HOSTILE_CONFIG, peerAt, untilCounted, useHostileWorld } from './hostile-world'
import { commandOf } from './programs'
import { RawApplication } from './raw-application'
import { Recorder } from './recorder'
import type { World } from './world'

/** The only folder of the manager's machine that applications may name files of. */
const ROOT = '/srv/allowed'

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const nestedBytes = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([1])])
/** A list with itself in it, by the extension types of one implementation of msgpack. */
const HOLDS_ITSELF = Buffer.from('d6690000000191d67000000001', 'hex')
/** A command whose inference name is this, in msgpack. */
const about = (name: Buffer): Buffer => {
  const whole = Buffer.from(encodeMsgpack({ cmd: 'get_container_handler', inference_name: 0 }))
  return Buffer.concat([whole.subarray(0, -1), name])
}

describe('among applications that break the rules', () => {
  let world: World
  const boards = [{ name: 'board1' }, { name: 'barred', processes: false }]
  useHostileWorld({ ...HOSTILE_CONFIG, file_roots: [ROOT], boards }, (started) => {
    world = started
  })

  describe('an application', () => {
    let peer: HostilePeer
    let numbers: { first: number; count: number }

    beforeEach(async ({ onTestFinished }) => {
      peer = peerAt(world, 'inference')
      // Rest must come while it is connected: by its acknowledgements, not because it went.
      onTestFinished(() => peer[Symbol.asyncDispose]())
      await peer.say({ kind: RecordKind.hello, header: hostHello('inference', randomBytes(16)) })
      numbers = (decodeMsgpack((await peer.hears(RecordKind.welcome)).header) as { numbers: typeof numbers }).numbers
    })

    const header = encodeMsgpack({ pid: 1, tid: 0, metadata: {}, metadata_sys: {}, sent_at: 0 })
    const request = (number: number) => ({
      kind: RecordKind.request,
      name: 'echo',
      header,
      body: Buffer.alloc(3),
      fields: { request: number },
    })

    it('that uses a request number twice has one request: the second is dropped and counted', async () => {
      const before = await world.counter('requests_repeated_total')

      await peer.say(request(numbers.first), request(numbers.first))

      await peer.hears(RecordKind.result, numbers.first)
      await untilCounted(world, 'requests_repeated_total', before + 1)
      expect(peer.heard.filter(({ kind }) => kind === RecordKind.result)).toHaveLength(1)
    })

    it.each([
      ['below its own block', () => numbers.first - 1],
      ['above its own block', () => numbers.first + numbers.count],
      ['the largest there is', () => 2 ** 48 - 1],
    ])('that uses a request number which is not its own (%s) has its request dropped and counted', async (_what, number) => {
      const before = await world.counter('requests_bad_number_total')

      await peer.say(request(number()))

      await untilCounted(world, 'requests_bad_number_total', before + 1)
    })

    it('that uses number zero has its request dropped and counted', async () => {
      const before = await world.counter('requests_repeated_total')

      await peer.say(request(0))

      await untilCounted(world, 'requests_repeated_total', before + 1)
    })

    it('that uses a number of before this manager, as after its restart, has its request run, once', async () => {
      const before = await world.counter('requests_repeated_total')

      await peer.say(request(7), request(7))

      await peer.hears(RecordKind.result, 7)
      await untilCounted(world, 'requests_repeated_total', before + 1)
      expect(peer.heard.filter(({ kind }) => kind === RecordKind.result)).toHaveLength(1)
    })

    it('that cancels somebody else’s request changes nothing', async () => {
      const outcome = new Recorder<Parameters<InferCallback>>()
      const number = Number(world.cluster.inferAsync('gated', Buffer.alloc(3), { tag: 'mine' }, outcome.callback))
      await world.until('gated', { held: 1 })

      await peer.say({ kind: RecordKind.cancel, fields: { request: number } }, { kind: RecordKind.ping })

      await peer.hears(RecordKind.pong)
      world.gates.openAll()
      const [code, , result] = await outcome.call()
      expect({ code, result }).toMatchObject({ code: 0, result: { tag: 'mine', aborted: false } })
      expect(await world.counter('requests_cancelled_total')).toBe(0)
    })

    it('that sends a header which is no msgpack hears 200 from the container', async () => {
      await peer.say({ ...request(numbers.first), header: Buffer.from([0x81]) })

      expect(decodeMsgpack((await peer.hears(RecordKind.error, numbers.first)).header)).toMatchObject({ code: 200 })
    })

    it('that sends records which belong elsewhere has them dropped and counted', async () => {
      const before = await world.counter('records_unexpected_total')
      const kinds = [RecordKind.result, RecordKind.error, RecordKind.started, RecordKind.ready, RecordKind.command, RecordKind.welcome]

      await peer.say(...kinds.map((kind) => ({ kind, name: 'echo', fields: { request: numbers.first } })))

      await untilCounted(world, 'records_unexpected_total', before + kinds.length)
    })

    it('whose link sequence has gaps has them counted, and is asked what it has open', async () => {
      const before = await world.counter('records_missing_total')
      peer.lose(1_000_000)

      await peer.say({ kind: RecordKind.ping })

      await peer.hears(RecordKind.resync)
      expect(await world.counter('records_missing_total')).toBe(before + 1_000_000)
      await peer.say({ kind: RecordKind.reconcile, fields: { request: 1 } })
      await peer.hears(RecordKind.reconciled, 1)
    })

    it('that says hello again and again, as others, has one session and leaves nothing of the earlier ones', async () => {
      const sessions = (await world.metrics()).gauges.hosts_connected

      for (let i = 0; i < 20; i++) await peer.say({ kind: RecordKind.hello, header: hostHello('inference', Buffer.alloc(16, 7)) })

      await eventually('twenty-one welcomes', () => peer.heard.filter(({ kind }) => kind === RecordKind.welcome).length === 21)
      expect((await world.metrics()).gauges.hosts_connected).toBe(sessions)
      const granted = peer.heard
        .filter(({ kind }) => kind === RecordKind.welcome)
        .map((welcome) => (decodeMsgpack(welcome.header) as { numbers: typeof numbers }).numbers.first)
      // Of a block that nothing was used of there need not be another.
      expect(new Set(granted).size).toBe(2)
    })

    it('that asks for request numbers again and again gets one more block, and not at once', async () => {
      const before = await world.counter('numbers_exhausted_total')
      const blocks = () => peer.heard.filter(({ kind }) => kind === RecordKind.numbers).length

      await peer.say(...Array.from({ length: 50 }, () => ({ kind: RecordKind.moreNumbers })), { kind: RecordKind.ping })

      await peer.hears(RecordKind.pong)
      expect(blocks()).toBeLessThanOrEqual(1)
      expect(await world.counter('numbers_exhausted_total')).toBe(before + 1)
      await peer.hears(RecordKind.numbers)
      expect(blocks()).toBe(1)
    })

    it('that sends commands which are none hears an error for each', async () => {
      const secret = randomBytes(16)
      await peer.say({ kind: RecordKind.hello, header: hostHello('inference', secret) })
      await eventually('its second welcome', () => peer.heard.filter(({ kind }) => kind === RecordKind.welcome).length === 2)
      const management = peerAt(world, 'management')
      onTestFinished(() => management[Symbol.asyncDispose]())
      await management.say({ kind: RecordKind.hello, header: hostHello('management', secret) })
      await management.hears(RecordKind.welcome)
      const commands: [body: Uint8Array, code: number][] = [
        [Buffer.from([0x81]), 200],
        [encodeMsgpack('text'), 200],
        [encodeMsgpack({}), 201],
        [encodeMsgpack({ cmd: 'format_disk' }), 900],
        [encodeMsgpack({ cmd: 'toString' }), 900],
        [encodeMsgpack({ cmd: 7 }), 900],
        [encodeMsgpack({ cmd: 'get_metrics', more: 1 }), 302],
        [encodeMsgpack({ cmd: 'load_inference', container_config: [null], coprocessor_name: 'all' }), 302],
        // As deep as a message may be; the error that shows it stands deeper.
        [encodeMsgpack({ cmd: 'get_container_handler', inference_name: nested(99) }), 302],
        [about(nestedBytes(200)), 200],
        [about(HOLDS_ITSELF), 200],
      ]

      for (const [index, [body]] of commands.entries()) {
        await management.say({ kind: RecordKind.command, body, fields: { request: index + 1 } })
      }

      for (const [index, [, code]] of commands.entries()) {
        expect(decodeMsgpack((await management.hears(RecordKind.commandError, index + 1)).body)).toMatchObject({ code })
      }
    })

    it('that names files which it may not have read, or a board that starts no processes, hears 302, and nothing is registered', async () => {
      const before = { files: world.inferenceFiles, processes: world.containerProcesses }
      const program = { name: 'mine', implementation_type: 'other', run_command: commandOf('echo') }
      const load = (more: object, board: string) => ({
        cmd: 'load_inference',
        container_config: [{ ...program, ...more }],
        coprocessor_name: board === 'all' ? board : [board],
      })
      await using application = await RawApplication.connect(world)

      for (const [command, words] of [
        [load({ script_path: '/etc' }, 'board1'), ['script_path', '"/etc"', ROOT]],
        [load({ script_path: `${ROOT}/../../etc` }, 'board1'), ['script_path', ROOT]],
        [load({ copy: [{ From: '/etc/passwd', To: 'taken' }] }, 'board1'), ['copy[0].From', '"/etc/passwd"', ROOT]],
        [{ cmd: 'put_file', inference_name: 'echo', file_info: { other: ['/etc/passwd'] } }, ['"/etc/passwd"', ROOT]],
        [load({}, 'barred'), ['board barred starts no plain processes (processes: false)', 'say processes: true']],
        [load({}, 'all'), ['board barred starts no plain processes']],
        [{ cmd: 'add_inference', inference_name: 'echo', coprocessor_name: 'barred' }, ['board barred starts no plain processes']],
      ] as const) {
        const { code, message } = await application.outcomeOf(await application.send(command))
        expect({ code, message }, JSON.stringify(command)).toEqual({ code: 302, message: expect.any(String) })
        for (const word of words) expect(message).toContain(word)
      }

      expect({ files: world.inferenceFiles, processes: world.containerProcesses }).toEqual(before)
      expect((await world.cluster.getContainerHandler()).map(({ suffixName }) => suffixName).sort()).toEqual([
        'echo-board1',
        'gated-board1',
      ])
    })

    it('that says goodbye and goes on talking is nobody any more', async () => {
      const before = await world.counter('records_before_hello_total')

      await peer.say({ kind: RecordKind.goodbye }, request(numbers.first))

      await untilCounted(world, 'records_before_hello_total', before + 1)
    })
  })
})
