import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEED, SEED_NOTE } from '../../test/seed'
import { MAX_INFERENCE_NAME_BYTES, MAX_U48 } from '../limits'
import {
  createEnvelope,
  ENVELOPE_BYTES,
  type Envelope,
  fixedLength,
  PREAMBLE_BYTES,
  readEnvelope,
  readPreamble,
  readU32,
  STAMPS_BYTES,
  writeEnvelope,
  writePreamble,
  writeU32,
} from './envelope'
import { RecordFlag, RecordKind } from './record-kind'

const RUNS = { seed: SEED, numRuns: 2000 }

const u8 = fc.integer({ min: 0, max: 255 })
const u32 = fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff))
const u48 = fc.oneof(
  fc.integer({ min: 0, max: MAX_U48 }),
  fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 47, MAX_U48),
)
const time = fc.double({ noNaN: true })

/** An envelope whose lengths add up, with any other field; the body rides inline up to 64 bytes or in frames. */
const envelopes = fc.record<Envelope>({
  kind: u8,
  flags: u8,
  priority: u8,
  attempt: u8,
  epoch: u32,
  session: u32,
  request: u48,
  linkSequence: u48,
  ack: u48,
  part: u32,
  deadlineMs: u32,
  headerLength: fc.integer({ min: 0, max: 200 }),
  bodyLength: fc.integer({ min: 0, max: 64 }),
  nameLength: fc.integer({ min: 0, max: MAX_INFERENCE_NAME_BYTES }),
  receivedAtMs: time,
  sentAtMs: time,
  answeredAtMs: time,
})

const restLength = (e: Envelope): number => e.nameLength + e.headerLength + (e.flags & RecordFlag.bodyInFrames ? 0 : e.bodyLength)

/** The record of an envelope, `before` bytes into a buffer that goes on for `behind` bytes. */
function recordOf(e: Envelope, before = 0, behind = 0): { bytes: Uint8Array; at: number; end: number } {
  const end = before + fixedLength(e.flags) + restLength(e)
  const bytes = new Uint8Array(end + behind).fill(0xee)
  writeEnvelope(bytes, before, e)
  return { bytes, at: before, end }
}

const withoutStamps = (e: Envelope): Envelope => (e.flags & RecordFlag.stamps ? e : { ...e, receivedAtMs: 0, sentAtMs: 0, answeredAtMs: 0 })

describe(`an envelope ${SEED_NOTE}`, () => {
  it('comes back as it was written, whatever its numbers and wherever it lies', () => {
    fc.assert(
      fc.property(envelopes, fc.nat(64), fc.nat(64), (written, before, behind) => {
        const { bytes, at, end } = recordOf(written, before, behind)
        const read = createEnvelope()
        expect(readEnvelope(bytes, at, end, read)).toBe(at + fixedLength(written.flags))
        expect(read).toEqual(withoutStamps(written))
      }),
      RUNS,
    )
  })

  it('writes nothing but its own bytes, and says where the name begins', () => {
    fc.assert(
      fc.property(envelopes, fc.nat(16), (e, before) => {
        const { bytes } = recordOf(e, before, 8)
        const length = fixedLength(e.flags)
        expect(length).toBe(e.flags & RecordFlag.stamps ? ENVELOPE_BYTES + STAMPS_BYTES : ENVELOPE_BYTES)
        expect(writeEnvelope(bytes, before, e)).toBe(before + length)
        expect([...bytes.subarray(0, before), ...bytes.subarray(before + length)].every((byte) => byte === 0xee)).toBe(true)
      }),
      RUNS,
    )
  })

  it('leaves nothing of an earlier record behind in the object that is reused', () => {
    const used = createEnvelope()
    for (const key of Object.keys(used) as (keyof Envelope)[]) used[key] = 77
    const { bytes, end } = recordOf(createEnvelope(RecordKind.ping))

    readEnvelope(bytes, 0, end, used)

    expect(used).toEqual(createEnvelope(RecordKind.ping))
  })

  it('is refused when it is cut short anywhere, or longer than its lengths say', () => {
    fc.assert(
      fc.property(envelopes, fc.nat(), fc.integer({ min: 1, max: 40 }), (e, cut, extra) => {
        const { bytes, end } = recordOf(e, 0, 40)
        expect(readEnvelope(bytes, 0, cut % end, createEnvelope())).toBe(-1)
        expect(readEnvelope(bytes, 0, end + extra, createEnvelope())).toBe(-1)
      }),
      RUNS,
    )
  })

  it('is refused when any of its three lengths lies', () => {
    const lengths = ['headerLength', 'bodyLength', 'nameLength'] as const
    fc.assert(
      fc.property(envelopes, fc.constantFrom(...lengths), u32, (e, which, lie) => {
        const truth = { ...e, flags: e.flags & ~RecordFlag.bodyInFrames }
        const { bytes, end } = recordOf(truth)
        const value = which === 'nameLength' ? lie & 0xff : lie
        fc.pre(value !== truth[which])
        writeEnvelope(bytes, 0, { ...truth, [which]: value })
        expect(readEnvelope(bytes, 0, end, createEnvelope())).toBe(-1)
      }),
      RUNS,
    )
  })

  it('is refused with a name longer than 128 bytes even when everything adds up', () => {
    const e = { ...createEnvelope(RecordKind.request), nameLength: MAX_INFERENCE_NAME_BYTES + 1 }
    const { bytes, end } = recordOf(e)
    expect(readEnvelope(bytes, 0, end, createEnvelope())).toBe(-1)
  })

  it('never throws, and never reads past its end, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
        const at = Math.min(a, b) % (bytes.length + 1)
        const end = Math.min(Math.max(a, b), bytes.length)
        const into = createEnvelope()
        const nameAt = readEnvelope(bytes, at, end, into)
        if (nameAt >= 0) expect(nameAt + restLength(into)).toBe(end)
        expect(nameAt === -1 || (nameAt > at && nameAt <= end)).toBe(true)
      }),
      { seed: SEED, numRuns: 20_000 },
    )
  })
})

describe('a 32-bit number', () => {
  it('comes back as it was written, big-endian', () => {
    fc.assert(
      fc.property(u32, fc.nat(8), (value, at) => {
        const bytes = new Uint8Array(at + 4)
        writeU32(bytes, at, value)
        expect(readU32(bytes, at)).toBe(value)
        expect(new DataView(bytes.buffer).getUint32(at)).toBe(value)
      }),
      RUNS,
    )
  })
})

describe('a preamble', () => {
  const preamble = (...bytes: number[]) => Uint8Array.from(bytes)

  it('is AI, the major version, and a zero', () => {
    const bytes = new Uint8Array(PREAMBLE_BYTES).fill(0xff)
    writePreamble(bytes)
    expect([...bytes]).toEqual([0x41, 0x49, 1, 0])
    expect(readPreamble(bytes)).toBe('ok')
  })

  it.each([
    ['another major version', preamble(0x41, 0x49, 2, 0), 'other-version'],
    ['a later use of the fourth byte', preamble(0x41, 0x49, 1, 9), 'ok'],
    ['other magic', preamble(0x42, 0x49, 1, 0), 'foreign'],
    ['HTTP', new TextEncoder().encode('GET / HTTP/1.1'), 'foreign'],
    ['three bytes of ours', preamble(0x41, 0x49, 1), 'foreign'],
    ['nothing', preamble(), 'foreign'],
  ])('tells %s', (_what, bytes, expected) => {
    expect(readPreamble(bytes)).toBe(expected)
  })
})
