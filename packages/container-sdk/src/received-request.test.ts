import { InferenceResponse } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { ReceivedRequest, responseFor } from './received-request'

const request = (data: Uint8Array, metadataSys: InferenceResponse['metadataSys'] = {}) => {
  const response = new InferenceResponse()
  response.metadataSys = metadataSys
  return new ReceivedRequest(data, response, 7)
}

describe('a request in a container', () => {
  it('shows plain bytes as a 1-d uint8 array', () => {
    expect(request(Uint8Array.of(1, 2, 3)).image).toEqual({ dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) })
  })

  it('shows an array with the dtype and shape it was sent with', () => {
    const data = new Uint8Array(new Float32Array([1.5, 2.5]).buffer)
    expect(request(data, { array: { dtype: 'float32', shape: [2, 1] } }).image).toEqual({
      dtype: 'float32',
      shape: [2, 1],
      data: Float32Array.of(1.5, 2.5),
    })
  })

  it('aborts its signal when nobody waits any more, whether or not it was looked at before', () => {
    const looked = request(new Uint8Array(0))
    const { signal } = looked
    looked.cancel()
    expect(signal.aborted).toBe(true)
    const notLooked = request(new Uint8Array(0))
    notLooked.cancel()
    expect(notLooked.signal.aborted).toBe(true)
  })

  it('knows who sent it and when it passed the stages so far', () => {
    const response = responseFor({ pid: 5, tid: 2, metadata: { a: 1 }, sent_at: 10 }, '7', 'digits', 20, 25)
    expect(response).toMatchObject({
      pid: 5,
      tid: 2,
      requestNo: '7',
      inferenceName: 'digits',
      subInferenceName: 'digits',
      metadata: { a: 1 },
    })
    expect(response.timeStamp.slice(0, 3)).toEqual([10, 20, 25])
    expect(response.timeStamp[3]).toBeGreaterThan(0)
    expect(response.elapsedTime[0]).toBe(5)
  })
})
