import { describe, expect, it } from 'vitest'
import { aimOf } from './aim-of'
import { KIND, testMessage } from './test-message'

describe('what a message carries', () => {
  it.each([
    ['a request', [KIND.request], 'Requests'],
    ['a result', [KIND.result], 'Replies'],
    ['an error', [KIND.error], 'Replies'],
    ['a hello', [KIND.hello], 'Others'],
    ['a result among others', [KIND.ack, KIND.result, KIND.ack], 'Replies'],
    ['requests behind a result', [KIND.result, KIND.request], 'Requests'],
    ['no record at all', [], 'Others'],
  ])('%s', (_what, kinds, aim) => {
    expect(aimOf(testMessage(...kinds))).toBe(aim)
  })

  it('is seen in a view that begins in the middle of its buffer', () => {
    const within = Buffer.concat([Buffer.alloc(7), testMessage(KIND.request)]).subarray(7)
    expect(aimOf(within)).toBe('Requests')
  })

  it('does not lead it beyond the end of a truncated message', () => {
    const whole = testMessage(KIND.ack, KIND.request)
    for (let length = 4; length < whole.length - 48; length++) expect(aimOf(whole.subarray(0, length))).toBe('Others')
  })

  it.each([
    ['text', 'AI'],
    ['nothing', undefined],
    ['other bytes', Buffer.from([1, 2, 3, 4, 5])],
    ['too few bytes', Buffer.from([0x41, 0x49])],
  ])('is unknown for %s', (_what, frame) => {
    expect(aimOf(frame)).toBeUndefined()
  })
})
