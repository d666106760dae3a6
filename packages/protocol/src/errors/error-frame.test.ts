import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { decodeMsgpack, encodeMsgpack } from '../codec/msgpack'
import { AIClusterError } from './aicluster-error'
import { clusterError, InvalidArgumentError, SendQueueFullError, UnknownError } from './cluster-errors'
import { ERROR_CODES, type ErrorKey } from './error-code'
import { asAIClusterError, decodeError, encodeError, encodeErrorHeader, errorFromHeader } from './error-frame'

describe.each(Object.keys(ERROR_CODES) as ErrorKey[])('the error of %s', (key) => {
  it('comes over the wire as it left: class, code, message, details', () => {
    const sent = clusterError(key, { args: ['a', 'b'], detail: 'what was wrong', details: { field: 'x', value: 0 } })
    const received = decodeError(encodeError(sent))
    expect(received.toJSON()).toEqual(sent.toJSON())
    expect(received).toBeInstanceOf(AIClusterError)
    expect(received.retryable).toBe(sent.retryable)
  })

  it('comes over the wire without detail and details too', () => {
    const sent = clusterError(key, { args: ['a', 'b'] })
    expect(decodeError(encodeError(sent)).toJSON()).toEqual(sent.toJSON())
  })
})

describe('an error that comes over the wire', () => {
  it('gets command and request number from the call it belongs to', () => {
    const error = decodeError(encodeError(clusterError('sendQueueFull')), { command: 'load_inference', requestNo: '9' })
    expect(error).toBeInstanceOf(SendQueueFullError)
    expect(error).toMatchObject({ command: 'load_inference', requestNo: '9' })
  })

  it('prints the whole message it came with', () => {
    const sent = clusterError('invalidParameter', { detail: 'container config "digits": max_send_num is 0' })
    expect(inspect(decodeError(encodeError(sent)))).toContain('max_send_num is 0')
  })

  it('with a code that the table does not have is an UnknownError with that code', () => {
    const error = errorFromHeader({ code: 777, message: 'from a later version', details: { a: 1 } })
    expect(error).toBeInstanceOf(UnknownError)
    expect(error).toMatchObject({ code: 777, message: 'Unknown error: from a later version', details: { a: 1 } })
  })

  it('without the text of the table, as a peer in a hurry writes it, gets it', () => {
    const error = errorFromHeader({ code: 302, message: 'shape is wrong' })
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error.message).toBe('Specified Param Error: shape is wrong')
    expect(errorFromHeader({ code: 999, message: 'boom' }).message).toBe('Unknown error: boom')
    expect(errorFromHeader({ code: 305 }).message).toBe('Send Wait Queue Full')
  })

  it('of a code that two rows share is of the row whose text it has', () => {
    expect(errorFromHeader({ code: 401, message: 'receive timeout: 5 ms' }).message).toBe('receive timeout: 5 ms')
    expect(errorFromHeader({ code: 401, message: 'Response TimeOut Error: slow' }).message).toBe('Response TimeOut Error: slow')
    expect(errorFromHeader({ code: 401, message: 'slow' }).message).toBe('Response TimeOut Error: slow')
  })

  it.each([
    ['nil', null, 'undefined'],
    ['text', 'boom', 'undefined'],
    ['a list', [1], 'undefined'],
    ['a map without code', { message: 'x' }, 'undefined'],
    ['a code that is text', { code: '302', message: '' }, '302'],
    ['a code that is no number', { code: Number.NaN }, 'NaN'],
  ])('whose header is %s is an UnknownError, never a throw', (_what, header, code) => {
    const error = errorFromHeader(header)
    expect(error).toBeInstanceOf(UnknownError)
    expect(error.message).toMatch(code === 'undefined' && (header as { message?: string })?.message ? 'Unknown error: x' : `code ${code}`)
  })

  it('whose header is no msgpack is an UnknownError that says so', () => {
    const error = decodeError(Uint8Array.of(0xa5, 0x61))
    expect(error).toMatchObject({ code: 999, message: 'Unknown error: an error arrived whose header is not msgpack' })
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('has a message of bounded length', () => {
    expect(decodeError(encodeMsgpack({ code: 311, message: `Container did not start: ${'x'.repeat(100_000)}` })).message).toHaveLength(
      16_384,
    )
  })
})

describe('an error that holds what somebody else has sent', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

  it.each([
    ['a cycle', cycle],
    ['nesting that is no deeper than a message may be, but for its place', nested(100)],
    ['a function', () => 1],
    ['data', new Uint8Array(300_000)],
    ['a long text', 'x'.repeat(300_000)],
  ])('travels without that: %s', (_what, value) => {
    const sent = clusterError('invalidParameter', { detail: 'inference_name is …', details: { field: 'inference_name', value } })
    expect(decodeError(encodeError(sent))).toMatchObject({ code: 302, message: sent.message, details: { field: 'inference_name' } })
  })

  it('travels with nesting that a message can hold', () => {
    const value = nested(98)
    expect(decodeError(encodeError(clusterError('invalidParameter', { details: { value } }))).details).toEqual({ value })
  })

  it('travels with a message that is cut', () => {
    expect(encodeError(clusterError('notImplemented', { detail: 'x'.repeat(1_000_000) })).length).toBeLessThan(20_000)
  })

  it('keeps what else an event has', () => {
    const header = { code: 114, message: 'm', cmd: 'container_disconnect', details: { cycle } }
    expect(decodeMsgpack(encodeErrorHeader(header))).toEqual({ code: 114, message: 'm', cmd: 'container_disconnect', details: {} })
  })
})

describe('a failure of any kind', () => {
  it('is passed on as it is when it is ours', () => {
    const error = clusterError('permission')
    expect(asAIClusterError(error)).toBe(error)
  })

  it.each([
    ['an Error', new Error('boom'), 'Unknown error: boom'],
    ['text', 'boom', 'Unknown error: boom'],
    ['nothing', undefined, 'Unknown error: undefined'],
    ['what no text can be made of', Object.create(null), 'Unknown error: something was thrown that is no error (object)'],
  ])('is 999 with its message when it is %s', (_what, failure, message) => {
    const error = asAIClusterError(failure)
    expect(error).toMatchObject({ code: 999, message })
    expect(error.cause).toBe(failure)
  })
})
