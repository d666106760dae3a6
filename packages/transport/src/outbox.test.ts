import { readdirSync, readFileSync } from 'node:fs'
import {
  BODY_FRAME_BYTES,
  createEnvelope,
  type Envelope,
  INLINE_BODY_BYTES,
  MAX_BATCH_BYTES,
  RecordFlag,
  RecordKind,
} from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../test/ends'
import { copyOf, type ReceivedRecord } from '../test/received'
import { collectingOutbox, endOfTurn, sendRequest, sendSignal } from '../test/records'
import { readMessage } from './read-message'

/** The records of messages, in order; throws when one of them is not well-formed. */
function recordsIn(messages: readonly Uint8Array[][]): ReceivedRecord[] {
  const records: ReceivedRecord[] = []
  for (const frames of messages) {
    const dropped = readMessage(frames, 0, LIMITS, createEnvelope(), (envelope, frame, nameAt, _end, bodyFrames) =>
      records.push(copyOf(envelope, Buffer.from(frame), nameAt, bodyFrames)),
    )
    if (dropped) throw new Error(`a message of our own is ${dropped}`)
  }
  return records
}

const totalBytes = (messages: readonly Uint8Array[][]): number => messages.flat().reduce((sum, frame) => sum + frame.length, 0)

describe('what is sent within one turn', () => {
  it('leaves at once when it is the only record', () => {
    const { outbox, messages } = collectingOutbox()
    sendRequest(outbox, 1)
    expect(recordsIn(messages).map(({ request }) => request)).toEqual([1])
  })

  it('leaves in two messages when it is many small records: the first at once, the rest at the end of the turn', async () => {
    const { outbox, messages } = collectingOutbox()
    for (let request = 1; request <= 100; request++) sendRequest(outbox, request, Buffer.from(`body ${request}`))
    expect(messages).toHaveLength(1)
    await endOfTurn()
    expect(messages).toHaveLength(2)
    expect(recordsIn(messages).map(({ request, body }) => `${request} ${body}`)).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index + 1} body ${index + 1}`),
    )
  })

  it('leaves in messages of at most 64 KB', async () => {
    const { outbox, messages } = collectingOutbox()
    for (let request = 1; request <= 500; request++) sendRequest(outbox, request, new Uint8Array(1000))
    await endOfTurn()
    expect(recordsIn(messages)).toHaveLength(500)
    expect(Math.max(...messages.map(([frame]) => frame?.length ?? 0))).toBeLessThanOrEqual(MAX_BATCH_BYTES)
    expect(messages.length).toBeLessThan(12)
  })

  it('leaves alone when it is larger than a message of many may be', async () => {
    const { outbox, messages } = collectingOutbox()
    const header = new Uint8Array(MAX_BATCH_BYTES)
    const large = { ...createEnvelope(RecordKind.result), headerLength: header.length }
    sendSignal(outbox)
    sendSignal(outbox)
    outbox.send({ ...large }, header)
    sendSignal(outbox)
    await endOfTurn()
    expect(recordsIn(messages).map(({ linkSequence }) => linkSequence)).toEqual([1, 2, 3, 4])
    expect(messages).toHaveLength(4)
  })

  it('leaves at once again in the next turn', async () => {
    const { outbox, messages } = collectingOutbox()
    sendSignal(outbox)
    await endOfTurn()
    sendSignal(outbox)
    expect(messages).toHaveLength(2)
  })

  it('leaves before the turn is over when it is flushed', () => {
    const { outbox, messages } = collectingOutbox()
    for (let i = 0; i < 3; i++) sendSignal(outbox)
    outbox.flush()
    outbox.flush()
    expect(recordsIn(messages)).toHaveLength(3)
    expect(messages).toHaveLength(2)
  })

  it('does not leave at all when the outbox is closed before', async () => {
    const { outbox, messages } = collectingOutbox()
    for (let i = 0; i < 3; i++) sendSignal(outbox)
    outbox.close()
    sendSignal(outbox)
    await endOfTurn()
    expect(recordsIn(messages)).toHaveLength(1)
  })
})

describe('a large body', () => {
  it('goes in a frame of its own, without a copy, behind the small records before it', async () => {
    const { outbox, messages } = collectingOutbox()
    const body = new Uint8Array(INLINE_BODY_BYTES + 1)
    for (const request of [1, 2]) sendRequest(outbox, request)
    sendRequest(outbox, 3, body)
    for (const request of [4, 5]) sendRequest(outbox, request)
    await endOfTurn()
    expect(recordsIn(messages).map(({ request }) => request)).toEqual([1, 2, 3, 4, 5])
    expect(messages.map((frames) => frames.length)).toEqual([1, 1, 2, 1])
    expect(messages[2]?.[1]).toBe(body)
  })

  it('of 4 KB still rides with its record', () => {
    const { outbox, messages } = collectingOutbox()
    sendRequest(outbox, 1, new Uint8Array(INLINE_BODY_BYTES))
    expect(messages.map((frames) => frames.length)).toEqual([1])
  })

  it('that leaves this machine is cut into frames of at most 256 KB, by views', () => {
    const { outbox, messages } = collectingOutbox(true)
    const body = Uint8Array.from({ length: 6 * 1024 * 1024 + 1 }, (_, index) => index)
    sendRequest(outbox, 1, body)
    const [, ...frames] = messages[0] as Uint8Array[]
    expect(frames.map((frame) => frame.length)).toEqual([...Array.from({ length: 24 }, () => BODY_FRAME_BYTES), 1])
    expect(new Set(frames.map((frame) => frame.buffer))).toEqual(new Set([body.buffer]))
    expect(Buffer.compare(recordsIn(messages)[0]?.body as Buffer, body)).toBe(0)
  })

  it('that came in frames goes on in those frames, cut further where they are too long', () => {
    const { outbox, messages } = collectingOutbox(true)
    const pieces = [new Uint8Array(10), new Uint8Array(BODY_FRAME_BYTES + 5), new Uint8Array(BODY_FRAME_BYTES)]
    const bodyLength = pieces.reduce((sum, piece) => sum + piece.length, 0)
    outbox.send({ ...createEnvelope(RecordKind.result), bodyLength }, undefined, undefined, undefined, pieces)
    expect(messages[0]?.slice(1).map((frame) => frame.length)).toEqual([10, BODY_FRAME_BYTES, 5, BODY_FRAME_BYTES])
  })
})

describe('every record', () => {
  it('carries the next link sequence and what has come from the other side', async () => {
    const { outbox, messages } = collectingOutbox()
    sendSignal(outbox)
    outbox.received = 7
    sendSignal(outbox)
    sendRequest(outbox, 1, new Uint8Array(5000))
    await endOfTurn()
    expect(recordsIn(messages).map(({ linkSequence, ack }) => [linkSequence, ack])).toEqual([
      [1, 0],
      [2, 7],
      [3, 7],
    ])
    expect(outbox.acknowledged).toBe(7)
  })

  it('says whether its body is in frames, whatever the envelope said before', () => {
    const { outbox, messages } = collectingOutbox()
    const envelope: Envelope = { ...createEnvelope(RecordKind.result), flags: RecordFlag.stamps, bodyLength: 3 }
    outbox.send(envelope, undefined, undefined, undefined, [new Uint8Array(3)])
    envelope.bodyLength = 0
    outbox.send(envelope)
    outbox.flush()
    expect(recordsIn(messages).map(({ flags }) => flags)).toEqual([RecordFlag.stamps | RecordFlag.bodyInFrames, RecordFlag.stamps])
  })

  it('is counted in bytes as it is handed to the socket, and as not acknowledged until the peer says so', async () => {
    const { outbox, messages } = collectingOutbox()
    for (let request = 1; request <= 3; request++) sendRequest(outbox, request, new Uint8Array(10))
    await endOfTurn()
    expect(outbox.sentBytes).toBe(totalBytes(messages))
    expect(outbox.window.unackedRecords).toBe(3)
    outbox.window.acknowledged(3)
    expect(outbox.window.unackedBytes).toBe(0)
  })
})

describe('the bytes on the wire', () => {
  const folder = new URL('../../protocol/golden/', import.meta.url)
  const vectors = readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { name: string; frames: string[] },
  )

  it.each(vectors)('are those of golden vector $name', async ({ frames }) => {
    const { outbox, messages } = collectingOutbox()
    const golden = frames.map((frame) => Buffer.from(frame, 'hex'))
    // Everything but the first record of a turn is gathered: one that comes before makes the others leave together.
    sendSignal(outbox)
    for (const record of recordsIn([golden])) {
      outbox.sequence = record.linkSequence - 1
      outbox.received = record.ack
      const { name, header, body } = record
      if (record.frames > 0) outbox.send({ ...record }, Buffer.from(name), header, undefined, [body])
      else outbox.send({ ...record }, Buffer.from(name), header, body)
    }
    await endOfTurn()
    expect(messages.slice(1).map((message) => message.map((frame) => Buffer.from(frame).toString('hex')))).toEqual([frames])
  })
})
