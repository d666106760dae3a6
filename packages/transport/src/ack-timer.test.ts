import { createEnvelope, RecordKind } from '@aicluster/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { collectingOutbox, sendSignal } from '../test/records'
import { ACK_DELAY_MS, AckTimer } from './ack-timer'
import { readMessage } from './read-message'

const kindsAndAcks = (messages: readonly Uint8Array[][]): [number, number][] => {
  const seen: [number, number][] = []
  for (const frames of messages) {
    readMessage(frames, 0, { maxBodyBytes: 0, maxHeaderBytes: 0 }, createEnvelope(), ({ kind, ack }) => seen.push([kind, ack]))
  }
  return seen
}

describe('what was received', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is acknowledged once, after 50 ms, when nothing else goes to the peer', () => {
    const { outbox, messages } = collectingOutbox()
    const timer = new AckTimer()
    for (const sequence of [1, 2, 3]) {
      outbox.received = sequence
      timer.received(outbox)
    }
    vi.advanceTimersByTime(ACK_DELAY_MS - 1)
    expect(messages).toEqual([])
    vi.advanceTimersByTime(1)
    expect(kindsAndAcks(messages)).toEqual([[RecordKind.ack, 3]])
    vi.advanceTimersByTime(10 * ACK_DELAY_MS)
    expect(messages).toHaveLength(1)
  })

  it('is acknowledged by the record that goes to the peer anyway', () => {
    const { outbox, messages } = collectingOutbox()
    const timer = new AckTimer()
    outbox.received = 1
    timer.received(outbox)
    sendSignal(outbox)
    vi.advanceTimersByTime(10 * ACK_DELAY_MS)
    expect(kindsAndAcks(messages)).toEqual([[RecordKind.ready, 1]])
  })

  it('is acknowledged to every peer on its own', () => {
    const peers = [collectingOutbox(), collectingOutbox()]
    const timer = new AckTimer()
    for (const { outbox } of peers) {
      outbox.received = 1
      timer.received(outbox)
    }
    vi.advanceTimersByTime(ACK_DELAY_MS)
    for (const { messages } of peers) expect(kindsAndAcks(messages)).toEqual([[RecordKind.ack, 1]])
  })

  it('is not acknowledged when the peer or the link is gone', () => {
    const gone = collectingOutbox()
    const stopped = collectingOutbox()
    const [first, second] = [new AckTimer(), new AckTimer()]
    for (const [{ outbox }, timer] of [
      [gone, first],
      [stopped, second],
    ] as const) {
      outbox.received = 1
      timer.received(outbox)
    }
    gone.outbox.close()
    second.stop()
    vi.advanceTimersByTime(10 * ACK_DELAY_MS)
    expect([...gone.messages, ...stopped.messages]).toEqual([])
  })
})
