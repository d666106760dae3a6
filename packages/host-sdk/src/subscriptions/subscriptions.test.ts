import { type AIClusterError, clusterError, createEnvelope, encodeMsgpack, encodeResult, RecordKind } from '@aicluster/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Subscription } from './subscription'
import { Subscriptions } from './subscriptions'

let sent: string[]
/** What the cluster answers to the next commands; nothing left: yes. */
let replies: Promise<unknown>[]
let unreadable: unknown[]
let subscriptions: Subscriptions

beforeEach(() => {
  sent = []
  replies = []
  unreadable = []
  subscriptions = new Subscriptions(
    ({ cmd, inference_name }) => {
      sent.push(`${cmd} ${inference_name}`)
      return replies.shift() ?? Promise.resolve({})
    },
    (error) => unreadable.push(error),
  )
})

const refused = (error: AIClusterError): Promise<unknown> => {
  const reply = Promise.reject(error)
  reply.catch(() => {})
  return reply
}

/** A `publish` record as it comes. */
function publish(name: string, value: unknown, metadata: Record<string, unknown> = {}): void {
  const { result, attachments, body } = encodeResult(value)
  const header = encodeMsgpack({ result, attachments, metadata, received_at: 0, sent_at: 5 })
  const e = { ...createEnvelope(RecordKind.publish), receivedAtMs: 6 }
  e.nameLength = name.length
  e.headerLength = header.length
  e.bodyLength = body?.length ?? 0
  subscriptions.onPublished(e, Buffer.concat([Buffer.from(name), header, body ?? Buffer.alloc(0)]), 0, undefined)
}

const next = async (subscription: Subscription) => (await subscription.next()).value?.result

describe('several readers of one source', () => {
  it('get each result, in objects of their own, and the cluster hears of the last one to leave', async () => {
    const [a, b] = [await subscriptions.subscribe('camera', {}), await subscriptions.subscribe('camera', {})]
    publish('camera', { frame: Uint8Array.of(1) }, { n: 1 })

    const [first, second] = [await a.next(), await b.next()]
    expect(first.value).toMatchObject({ result: { frame: Buffer.of(1) }, response: { metadata: { n: 1 }, inferenceName: 'camera' } })
    expect(first.value?.result).not.toBe(second.value?.result)
    expect(first.value?.response.timeStamp.slice(0, 6)).toEqual([0, 0, 0, 0, 5, 6])

    await a.return()
    publish('camera', 2)
    expect(await next(b)).toBe(2)
    await b[Symbol.asyncDispose]()
    expect(sent).toEqual(['subscribe camera', 'subscribe camera', 'unsubscribe camera'])
  })

  it('end by leaving their loops', async () => {
    const readings = await subscriptions.subscribe('camera', {})
    publish('camera', 1)
    publish('camera', 2)

    const got: unknown[] = []
    for await (const { result } of readings) {
      got.push(result)
      break
    }

    expect(got).toEqual([1])
    expect(sent.at(-1)).toBe('unsubscribe camera')
  })
})

describe('a reader', () => {
  it('gets what came right behind the reply, or before it', async () => {
    const subscribed = subscriptions.subscribe('camera', {})
    publish('camera', 'early')

    expect(await next(await subscribed)).toBe('early')
  })

  it('that is slow loses the oldest beyond its buffer', async () => {
    const readings = await subscriptions.subscribe('camera', { buffer: 2 })
    for (let i = 0; i < 5; i++) publish('camera', i)

    expect([readings.dropped, readings.waiting]).toEqual([3, 2])
    expect([await next(readings), await next(readings)]).toEqual([3, 4])
  })

  it('that was refused is not left behind', async () => {
    replies.push(refused(clusterError('inferenceNotFound', { detail: 'camera' })))

    await expect(subscriptions.subscribe('camera', {})).rejects.toMatchObject({ code: 300 })
    subscriptions.renew()
    expect(sent.filter((command) => command.startsWith('subscribe'))).toHaveLength(1)
  })

  it('goes on when the connection is back, and does not mind that the cluster is not ready', async () => {
    const readings = await subscriptions.subscribe('camera', {})
    replies.push(refused(clusterError('connectionFailed', { detail: 'gone again' })))
    subscriptions.renew()
    subscriptions.renew()
    await Promise.resolve()
    publish('camera', 1)

    expect(await next(readings)).toBe(1)
    expect(sent).toEqual(['subscribe camera', 'subscribe camera', 'subscribe camera'])
  })

  it('ends, once and after what has come, when the inference is gone after a reconnection, though nobody said so', async () => {
    const readings = await subscriptions.subscribe('camera', {})
    publish('camera', 1)
    replies.push(refused(clusterError('inferenceNotFound', { detail: 'camera' })))

    subscriptions.renew()
    await new Promise(setImmediate)

    expect(await next(readings)).toBe(1)
    await expect(readings.next()).rejects.toMatchObject({ code: 300 })
    expect(await readings.next()).toEqual({ done: true, value: undefined })
  })

  it('ends when the cluster says so, or with the connection', async () => {
    const [camera, radar] = [await subscriptions.subscribe('camera', {}), await subscriptions.subscribe('radar', {})]
    const [pending, another] = [camera.next(), camera.next()]

    subscriptions.onEnded(clusterError('inferenceNotFound', { detail: 'camera', details: { inference_name: 'camera' } }))
    subscriptions.endAll('connectionFailed', 'the connection was released')

    await expect(pending).rejects.toMatchObject({ code: 300 })
    expect(await another).toEqual({ done: true, value: undefined })
    await expect(radar.next()).rejects.toMatchObject({ code: 111, message: expect.stringContaining('radar') })
  })
})

it('what is published to nobody here is sent back once: the cluster hears that nobody wants it', async () => {
  publish('camera', 1)
  publish('camera', 2)
  await new Promise(setImmediate)
  expect(sent).toEqual(['unsubscribe camera'])
})

it('what cannot be read is told, and the next one is read', async () => {
  const readings = await subscriptions.subscribe('camera', {})
  const e = { ...createEnvelope(RecordKind.publish), nameLength: 6, headerLength: 1 }

  subscriptions.onPublished(e, Buffer.from('camera\xc1', 'latin1'), 0, undefined)
  publish('camera', 1)

  expect(unreadable).toHaveLength(1)
  expect(await next(readings)).toBe(1)
})
