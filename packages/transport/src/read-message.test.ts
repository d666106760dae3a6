import { createEnvelope, MAX_INFERENCE_NAME_BYTES, RecordKind } from '@aicluster/protocol'
import { freshSeed, type SeededRandom, seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { copyOf, type ReceivedRecord } from '../test/received'
import { collectingOutbox, requestMessage, sendRequest } from '../test/records'
import { type DropReason, readMessage } from './read-message'

const SEED = Number(process.env.AICLUSTER_SEED ?? freshSeed())
const LIMITS = { maxBodyBytes: 10_000, maxHeaderBytes: 1000 }

function read(frames: Uint8Array[], first = 0): { records: ReceivedRecord[]; dropped: DropReason | undefined } {
  const records: ReceivedRecord[] = []
  const dropped = readMessage(frames, first, LIMITS, createEnvelope(), (envelope, frame, nameAt, end, bodyFrames) => {
    expect(end).toBeLessThanOrEqual(frame.length)
    records.push(copyOf(envelope, Buffer.from(frame), nameAt, bodyFrames))
  })
  return { records, dropped }
}

/** A message of three requests, the last with a body in frames if asked for. */
function message(framed = false): Uint8Array[] {
  const { outbox, messages } = collectingOutbox()
  sendRequest(outbox, 0)
  for (const request of [1, 2]) sendRequest(outbox, request, Buffer.from('body'))
  outbox.flush()
  if (!framed) return messages[1] as Uint8Array[]
  return requestMessage(3, Buffer.alloc(5000, 7))
}

const changed = (frame: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = Buffer.from(frame)
  copy.writeUInt32BE(value, at)
  return copy
}

describe('a well-formed message', () => {
  it('gives its records in order', () => {
    const { records, dropped } = read(message())
    expect(dropped).toBeUndefined()
    expect(records.map(({ request, name, body }) => [request, name, String(body)])).toEqual([
      [1, 'n', 'body'],
      [2, 'n', 'body'],
    ])
  })

  it('gives a body that came in frames, however it was cut', () => {
    const [head, body] = message(true) as [Uint8Array, Uint8Array]
    for (const cut of [[body], [body.subarray(0, 1), body.subarray(1)], [body.subarray(0, 0), body, body.subarray(0, 0)]]) {
      const { records, dropped } = read([head, ...cut])
      expect(dropped).toBeUndefined()
      expect(records[0]?.body.equals(Buffer.alloc(5000, 7))).toBe(true)
    }
  })

  it('may have routing in front, and may be empty', () => {
    expect(read([Buffer.from('id'), ...message()], 1).records).toHaveLength(2)
    expect(read([Buffer.from('41490100', 'hex')])).toEqual({ records: [], dropped: undefined })
  })

  it('may hold a body in frames that is empty', () => {
    const { outbox, messages } = collectingOutbox()
    outbox.send(createEnvelope(RecordKind.result), undefined, undefined, undefined, [])
    expect(read(messages[0] as Uint8Array[])).toMatchObject({ records: [{ bodyLength: 0 }], dropped: undefined })
  })
})

describe('a message that is not', () => {
  const [frame] = message() as [Uint8Array]
  const [framedHead, framedBody] = message(true) as [Uint8Array, Uint8Array]
  /** Offset of the first record's length, header length and body length. */
  const [RECORD, HEADER, BODY] = [4, 8 + 38, 8 + 42]

  it.each<[string, Uint8Array[], DropReason, number]>([
    ['nothing', [], 'foreign', 0],
    ['an empty frame', [Buffer.alloc(0)], 'foreign', 0],
    ['another protocol', [Buffer.from('GET / HTTP/1.1\r\n\r\n')], 'foreign', 0],
    ['another major version', [Buffer.from('41490200', 'hex')], 'other-version', 0],
    ['a length cut short', [Buffer.from('41490100000000', 'hex')], 'malformed', 0],
    ['a record of no bytes', [Buffer.from('4149010000000000', 'hex')], 'malformed', 0],
    ['a record longer than its frame', [changed(frame, RECORD, 0xffff_ffff)], 'malformed', 0],
    ['a record shorter than it says', [changed(frame, RECORD, 48)], 'malformed', 0],
    ['a header length that lies', [changed(frame, HEADER, 2)], 'malformed', 0],
    ['a header length of 4 GB', [changed(frame, HEADER, 0xffff_ffff)], 'malformed', 0],
    ['a body length that lies', [changed(frame, BODY, 5)], 'malformed', 0],
    ['a second record cut short: the first counts', [frame.subarray(0, -1)], 'malformed', 1],
    ['bytes behind the last record: those before count', [Buffer.concat([frame, Buffer.from([1])])], 'malformed', 2],
    ['frames that no record speaks of: the records count', [frame, Buffer.from('x')], 'malformed', 2],
    ['a body in frames that has none', [framedHead], 'malformed', 0],
    ['a body in frames that is too short', [framedHead, framedBody.subarray(1)], 'malformed', 0],
    ['a body in frames that is too long', [framedHead, framedBody, Buffer.from('x')], 'malformed', 0],
    ['a body in frames before the last record', [Buffer.concat([framedHead, frame.subarray(4)]), framedBody], 'malformed', 0],
    ['a body larger than the limit', [changed(framedHead, BODY, 10_001), Buffer.alloc(10_001)], 'oversized', 0],
  ])('%s is dropped', (_what, frames, reason, records) => {
    expect(read(frames)).toMatchObject({ dropped: reason, records: { length: records } })
  })

  it('because its header is larger than the limit is dropped', () => {
    const { outbox, messages } = collectingOutbox()
    outbox.send({ ...createEnvelope(RecordKind.result), headerLength: 1001 }, new Uint8Array(1001))
    expect(read(messages[0] as Uint8Array[])).toEqual({ records: [], dropped: 'oversized' })
  })

  it('because its name is longer than a name may be is dropped', () => {
    const { outbox, messages } = collectingOutbox()
    const length = MAX_INFERENCE_NAME_BYTES + 1
    outbox.send({ ...createEnvelope(RecordKind.request), nameLength: length }, new Uint8Array(length))
    expect(read(messages[0] as Uint8Array[])).toEqual({ records: [], dropped: 'malformed' })
  })

  it('because it was cut anywhere is dropped, but for the records before the cut', () => {
    const ends = new Set([4, 4 + (frame.length - 4) / 2, frame.length])
    for (let length = 4; length <= frame.length; length++) {
      expect(read([frame.subarray(0, length)]).dropped).toBe(ends.has(length) ? undefined : 'malformed')
    }
  })
})

/** A message that somebody damaged, or never meant for us. */
function damaged(random: SeededRandom): Uint8Array[] {
  const frames: Uint8Array[] = message(random.chance(0.3)).map((frame) => Buffer.from(frame))
  const head = frames[0] as Buffer
  for (let times = random.integer(1, 4); times > 0; times--) head[random.integer(0, head.length - 1)] = random.integer(0, 255)
  if (random.chance(0.2)) frames[0] = head.subarray(0, random.integer(0, head.length))
  if (random.chance(0.2)) frames.push(Buffer.from(random.bytes(random.integer(0, 20))))
  if (random.chance(0.1)) return [random.bytes(random.integer(0, 200))]
  return frames
}

describe(`random damage (seed ${SEED}, AICLUSTER_SEED repeats it)`, () => {
  it('never throws, and never gives a record whose parts lie outside its message', () => {
    const random = seededRandom(SEED)
    let dropped = 0
    for (let i = 0; i < 20_000; i++) {
      const frames = damaged(random)
      const bytes = frames.reduce((sum, frame) => sum + frame.length, 0)
      const outcome = read(frames)
      if (outcome.dropped) dropped++
      for (const { header, body, headerLength, bodyLength } of outcome.records) {
        expect([header.length, body.length]).toEqual([headerLength, bodyLength])
        expect(header.length + body.length).toBeLessThanOrEqual(bytes)
      }
    }
    expect(dropped).toBeGreaterThan(1000)
  })
})
