import { decodeMsgpack, decodeResult, PUBLISH_WAITING_BYTES, PUBLISH_WINDOW_BYTES, type ResultHeader } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { type EncodedPublication, Publisher } from './publisher'

const newPublisher = ({ up = true, refuses = undefined as string | undefined } = {}) => {
  const sent: EncodedPublication[] = []
  const publisher = new Publisher(['camera', 'depth'], {
    sendPublication: (publication) => sent.push(publication),
    refusesSize: () => refuses,
  })
  if (up) publisher.up()
  return { publisher, sent }
}
const read = ({ header, body }: EncodedPublication) => {
  const content = decodeMsgpack(header) as ResultHeader
  return { ...content, result: decodeResult(content.result, content.attachments, body ?? new Uint8Array(0)) }
}

describe('what is published', () => {
  it('leaves with its name, its metadata and its binary parts', () => {
    const { publisher, sent } = newPublisher()

    expect(publisher.publish({ frame: Uint8Array.of(1, 2), n: 1 }, { at: 'door' }, {})).toBe(true)
    publisher.publish(2, undefined, { name: 'depth' })

    expect(sent.map(({ name }) => name)).toEqual(['camera', 'depth'])
    expect(read(sent[0] as EncodedPublication)).toMatchObject({ result: { frame: Buffer.of(1, 2), n: 1 }, metadata: { at: 'door' } })
    expect(read(sent[1] as EncodedPublication)).toMatchObject({ result: 2 })
  })

  it('is copied, however large, unless the program says otherwise', () => {
    const { publisher, sent } = newPublisher()
    const frame = new Uint8Array(100_000)
    publisher.publish(frame, undefined, {})
    publisher.publish(frame, undefined, { copy: false })
    frame.fill(9)

    expect(sent.map(({ body }) => body?.[0])).toEqual([0, 9])
  })

  it('without a connection is dropped and counted, and nothing of it comes later', () => {
    const { publisher, sent } = newPublisher({ up: false })

    expect(publisher.publish(1, undefined, {})).toBe(false)
    publisher.up()
    publisher.publish(2, undefined, {})

    expect(publisher.dropped).toBe(1)
    expect(sent.map((publication) => read(publication).result)).toEqual([2])
  })

  it('faster than the manager takes it loses its oldest', () => {
    const { publisher, sent } = newPublisher()
    const size = 1024 * 1024
    const count = (PUBLISH_WINDOW_BYTES + PUBLISH_WAITING_BYTES) / size + 10
    for (let i = 0; i < count; i++) publisher.publish(new Uint8Array(size), { i }, { copy: false })
    const before = sent.length
    publisher.acknowledged(before)

    expect(publisher.dropped).toBeGreaterThanOrEqual(10)
    expect(read(sent[before] as EncodedPublication).metadata).toEqual({ i: before + publisher.dropped })
    publisher.down()
    expect(publisher.dropped + sent.length).toBe(count)
  })

  it('that cannot travel, is too large or has a foreign name is 302', () => {
    const { publisher, sent } = newPublisher()
    expect(() => publisher.publish(() => 1, undefined, {})).toThrow(/cannot hold a function/)
    expect(() => publisher.publish(1, 'text', {})).toThrow(/metadata must be an object/)
    expect(() => publisher.publish(1, undefined, { name: 'nobody' })).toThrow(/camera, depth/)
    expect(() => newPublisher({ refuses: 'it is too large' }).publisher.publish(1, undefined, {})).toThrow(/it is too large/)
    expect(sent).toEqual([])
  })
})
