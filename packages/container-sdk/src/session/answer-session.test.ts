import { encodeMsgpack, encodeNumbers, MAX_RETAINED_BYTES, RecordKind } from '@aicluster/protocol'
import { NumberTable } from '@aicluster/transport'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AnswerSession } from './answer-session'
import { RetainedAnswer } from './retained-answer'
import { TakenReport } from './taken-report'

const NOTHING = new Uint8Array(0)

let sent: string[]
let sequence: number
let inHand: Set<number>
let session: AnswerSession

beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  sequence = 0
  inHand = new Set()
  const kindName = (kind: RecordKind) => Object.entries(RecordKind).find(([, value]) => value === kind)?.[0]
  const note = (text: string) => {
    sent.push(text)
    return ++sequence
  }
  session = new AnswerSession(
    {
      sendAnswer: ({ number, kind }) => note(`${kindName(kind)} ${number}`),
      sendNumbers: (kind, round, numbers) => note(`${kindName(kind)} ${round}: ${numbers}`),
      signal: (link, kind) => note(`${kindName(kind)} on ${link}`),
    },
    {
      has: (number) => inHand.has(number),
      keys: () => [...inHand],
      cancel: (number) => void note(`cancel ${number}`),
      taken: new TakenReport(new NumberTable(), () => 0),
      streams: () => 0,
      resendParts: () => {},
    },
    () => note('accounted'),
  )
})
afterEach(() => void vi.useRealTimers())

const answer = (number: number, bytes = 1) =>
  session.answer(new RetainedAnswer(number, 0, RecordKind.result, 'digits', NOTHING, new Uint8Array(bytes)))
const reconcile = (open: number[], keep: number[] = []) =>
  session.reconcile(1, encodeMsgpack({ keep: encodeNumbers(keep) }), encodeNumbers(open))
const settle = (...numbers: number[]) => session.settled(encodeNumbers(numbers))
/** A first connection, then a second one under the same or another manager. */
const reconnect = (sameEpoch = false) => {
  session.down()
  session.held()
  session.up(sameEpoch, false)
}

describe('while something is kept', () => {
  it('both links are pinged twice a second: a lost answer and a lost word that it is settled show', () => {
    session.up(false, false)
    answer(1)
    vi.advanceTimersByTime(1_000)
    expect(sent).toEqual(['result 1', 'ping on answers', 'ping on requests', 'ping on answers', 'ping on requests'])
  })

  it('and nothing is when nothing is, nor a timer armed', () => {
    session.up(false, false)
    answer(1)
    settle(1)
    vi.advanceTimersByTime(2_000)
    expect(sent).toEqual(['result 1'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('nothing is without a connection', () => {
    session.up(false, false)
    answer(1)
    session.down()
    vi.advanceTimersByTime(2_000)
    expect(sent).toEqual(['result 1'])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a gap', () => {
  it('is told at once, however many there are, and again twice a second until the manager reconciles', () => {
    session.up(false, false)
    session.gap()
    session.gap()
    vi.advanceTimersByTime(1_000)
    reconcile([])
    vi.advanceTimersByTime(1_000)
    expect(sent).toEqual(['resync on answers', 'resync on answers', 'resync on answers', 'accounted', 'reconciled 1: '])
  })

  it('before both links stood is told as soon as they do', () => {
    session.gap()
    session.up(false, true)
    expect(sent).toEqual(['resync on answers'])
  })
})

describe('a reconciliation', () => {
  it('answers what is unknown, gives up what nobody asks for, then sends what is asked for again', () => {
    session.up(false, false)
    inHand.add(2).add(3)
    answer(1)
    sent.length = 0
    reconcile([1, 2, 4])
    expect(sent).toEqual(['accounted', 'cancel 3', 'reconciled 1: 4', 'result 1'])
  })

  it('without a connection is none', () => {
    session.up(false, false)
    answer(1)
    session.down()
    reconcile([1])
    expect(sent).toEqual(['result 1'])
  })
})

describe('after a reconnection', () => {
  it('nothing of before is sent by itself; what is answered since the hello is', () => {
    session.up(false, false)
    answer(1)
    session.down()
    answer(2)
    session.held()
    answer(3)
    // Said again: the manager may have gone by the first one.
    session.held()
    answer(4)
    sent.length = 0
    session.up(false, false)
    answer(5)
    expect(sent).toEqual(['result 3', 'result 4', 'result 5'])
  })

  it('under the same manager it asks what is wanted, if it has anything', () => {
    session.up(false, false)
    reconnect(true)
    expect(sent).toEqual([])
    inHand.add(1)
    reconnect(true)
    expect(sent).toEqual(['resync on answers'])
  })

  it('under another manager it waits to be asked', () => {
    session.up(false, false)
    inHand.add(1)
    answer(2)
    sent.length = 0
    reconnect(false)
    expect(sent).toEqual([])
  })

  it('a hello names what is in hand and what is kept', () => {
    session.up(false, false)
    inHand.add(3)
    answer(1)
    answer(2)
    settle(1)
    expect(session.held()).toEqual({ in_hand: [3], answered: [2] })
  })
})

describe('answers', () => {
  it('are all sent at once, also large ones, and have all arrived when the last is acknowledged', () => {
    session.up(false, false)
    for (const number of [1, 2, 3]) answer(number, 15 * 1024 * 1024)
    expect(sent).toEqual(['result 1', 'result 2', 'result 3'])
    session.acknowledged('answers', 2)
    expect(session.allArrived).toBe(false)
    session.acknowledged('answers', 3)
    expect(session.allArrived).toBe(true)
    expect(session.retained).toBe(3)
  })

  it('beyond what may be kept become 314, the oldest first', () => {
    session.up(false, false)
    for (const number of [1, 2]) answer(number, MAX_RETAINED_BYTES / 2)
    sent.length = 0
    reconcile([1, 2])
    expect(sent).toEqual(['accounted', 'reconciled 1: ', 'error 1', 'result 2'])
  })
})

describe('ready', () => {
  it('is said again until it is acknowledged', () => {
    session.up(false, false)
    session.announce(RecordKind.ready)
    vi.advanceTimersByTime(1_000)
    session.acknowledged('requests', sequence)
    vi.advanceTimersByTime(1_000)
    expect(sent).toEqual(['ready on requests', 'ready on requests', 'ready on requests'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
