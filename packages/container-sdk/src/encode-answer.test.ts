import { decodeMsgpack, InferenceResponse } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { COPY_LIMIT_BYTES, encodeAnswer } from './encode-answer'

const response = new InferenceResponse()

describe('an encoded answer', () => {
  it.each([
    ['bytes', (bytes: Uint8Array) => bytes],
    ['the only binary part of something', (raw: Uint8Array) => ({ raw })],
  ])('has its own copy of small %s: the program may reuse its memory', (_what, result) => {
    const camera = new Uint8Array(COPY_LIMIT_BYTES).fill(1)
    const { body } = encodeAnswer(result(camera), response)
    camera.fill(2)
    expect(body?.every((byte) => byte === 1)).toBe(true)
  })

  it('shares large memory', () => {
    const image = new Uint8Array(COPY_LIMIT_BYTES + 1)
    expect(encodeAnswer(image, response).body).toBe(image)
  })

  it('joins several parts, however large, in memory of its own', () => {
    const large = new Uint8Array(COPY_LIMIT_BYTES + 8).fill(1)
    const { body } = encodeAnswer([large, large], response)
    large.fill(2)
    expect(body?.length).toBe(2 * large.length)
    expect(body?.every((byte) => byte === 1)).toBe(true)
  })

  it('has no body for plain values, and says when it was received and sent', () => {
    const { header, body } = encodeAnswer({ digit: 7 }, response)
    expect(body).toBeUndefined()
    expect(decodeMsgpack(header)).toEqual({ result: { digit: 7 }, received_at: expect.any(Number), sent_at: expect.any(Number) })
  })

  it('is 302 for what cannot travel', () => {
    expect(() => encodeAnswer({ no: () => {} }, response)).toThrow(expect.objectContaining({ code: 302 }))
  })
})
