import { describe, expect, it } from 'vitest'
import { uninterrupted } from './uninterrupted'

const failure = (code: string) => Object.assign(new Error(code), { code })

describe('a call that a signal interrupts', () => {
  it('is made again', () => {
    const failures = [failure('EINTR'), failure('EINTR')]
    const call = () => {
      const next = failures.shift()
      if (next) throw next
      return 'connected'
    }

    expect(uninterrupted(call)).toBe('connected')
  })

  it('fails by what is another failure', () => {
    const call = () => {
      throw failure('EADDRINUSE')
    }

    expect(() => uninterrupted(call)).toThrow('EADDRINUSE')
  })
})
