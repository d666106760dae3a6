import { describe, expect, it } from 'vitest'
import type { ConnectOptions } from './connect-options'
import { resolveSessionOptions } from './session-options'

describe('what bounds a session', () => {
  it('has defaults', () => {
    expect(resolveSessionOptions({})).toEqual({ reconnectTimeoutMs: 30_000, maxPending: 10_000, maxPendingBytes: 268_435_456 })
  })

  it('may be given', () => {
    const options = { reconnectTimeoutMs: 0, maxPending: 1, maxPendingBytes: 1 }
    expect(resolveSessionOptions(options)).toEqual(options)
  })

  it.each<ConnectOptions>([
    { reconnectTimeoutMs: -1 },
    { reconnectTimeoutMs: 600_001 },
    { maxPending: 0 },
    { maxPending: 1_000_001 },
    { maxPending: 1.5 },
    { maxPendingBytes: 0 },
    { maxPendingBytes: '1' as never },
  ])('is refused with 302 out of its range: %j', (options) => {
    expect(() => resolveSessionOptions(options)).toThrow(
      expect.objectContaining({ code: 302, message: expect.stringContaining(Object.keys(options)[0] as string) }),
    )
  })
})
