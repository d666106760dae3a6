import { describe, expect, it } from 'vitest'
import { payloadFor, wrongEcho } from './payload'

describe('an echo', () => {
  const sent = payloadFor('a.1.7', 1_000)

  it('of the same bytes is right', () => {
    expect(sent.length).toBe(1_000)
    expect(wrongEcho(sent, new Uint8Array(sent))).toBeUndefined()
  })

  it.each<[string, unknown, string]>([
    ['of another request', payloadFor('b.1.8', 1_000), '1000 bytes of b.1.8 for 1000'],
    ['without its end', sent.subarray(0, 900), '900 bytes of a.1.7 for 1000'],
    ['with a changed byte', Buffer.from(sent).fill(0, 500, 501).fill(1, 501, 502), '1000 bytes of a.1.7 for 1000'],
    ['that is nothing', null, 'the result is no bytes but null'],
  ])('%s is wrong', (_what, result, why) => {
    expect(wrongEcho(sent, result)).toBe(why)
  })

  it('is never the same for two requests, however short', () => {
    expect(payloadFor('a.1.1', 1).equals(payloadFor('a.1.2', 1))).toBe(false)
  })
})
