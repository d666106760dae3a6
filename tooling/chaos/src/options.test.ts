import { describe, expect, it } from 'vitest'
import { readOptions } from './options'

describe('options of a chaos run', () => {
  it('refuse a deliberate defect on boards, in words', () => {
    expect(() => readOptions(['--boards', '--break', 'credits'])).toThrow('--break works without --boards only: leave one of them out')
  })

  it('name what cannot be', () => {
    expect(() => readOptions(['--break', 'everything'])).toThrow('--break is "everything", it must be duplicates or credits')
    expect(() => readOptions(['--minutes', 'some'])).toThrow('--minutes is "some", it must be a number from 0.2 to 1440')
  })
})
