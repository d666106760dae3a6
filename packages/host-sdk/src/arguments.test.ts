import { describe, expect, it } from 'vitest'
import { optionalName, requireInferenceName, requireOptions, requireParam } from './arguments'

const codeOf = (action: () => unknown): number | undefined => {
  try {
    action()
  } catch (error) {
    return (error as { code: number }).code
  }
  return undefined
}

describe('arguments', () => {
  it.each([undefined, null, ''])('an inference name of %j is missing: 100', (value) => {
    expect(codeOf(() => requireInferenceName(value))).toBe(100)
  })

  it.each([7, 'a b', '-a', '../x', 'x'.repeat(129), {}])('an inference name of %j is wrong: 302', (value) => {
    expect(codeOf(() => requireInferenceName(value))).toBe(302)
  })

  it.each([undefined, null, ''])('a filter of %j is not given', (value) => {
    expect(optionalName('inferenceName', value)).toBeUndefined()
  })

  it('a param may be an object or JSON of one', () => {
    expect(requireParam({ a: 1 })).toEqual({ a: 1 })
    expect(requireParam('{"a":1}')).toEqual({ a: 1 })
    expect(requireParam(undefined)).toEqual({})
  })

  it.each(['no json', '[1]', '7'])('a param of %j is 200', (value) => {
    expect(codeOf(() => requireParam(value))).toBe(200)
  })

  it.each([7, [1], new Uint8Array(1)])('a param of another type is 302: %j', (value) => {
    expect(codeOf(() => requireParam(value))).toBe(302)
  })

  it('a positional string in the place of options is 302, never "no filter"', () => {
    expect(codeOf(() => requireOptions('cop1', 'options', {}))).toBe(302)
  })
})
