import { clusterError, STREAM_WINDOW_BYTES, STREAM_WINDOW_PARTS } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { PartStream } from './part-stream'

/** A stream, and the numbers of what it has sent, in order. */
function newStream(): { stream: PartStream; sent: number[]; add(bytes?: number): Promise<void> } {
  const sent: number[] = []
  const stream = new PartStream((number) => sent.push(number))
  return { stream, sent, add: (bytes = 1) => stream.add({ header: new Uint8Array(bytes), body: undefined }) }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('the parts of an answer', () => {
  it('are sent at once while 16 are not taken, then one for one that is', async () => {
    const { stream, sent, add } = newStream()
    const added = upTo(STREAM_WINDOW_PARTS + 2).map(() => add())
    await Promise.all(added.slice(0, STREAM_WINDOW_PARTS))
    expect(sent).toEqual(upTo(STREAM_WINDOW_PARTS))

    stream.take(1)

    await added[STREAM_WINDOW_PARTS]
    expect(sent).toEqual(upTo(STREAM_WINDOW_PARTS + 1))
  })

  it('wait once 1 MB of them is not taken; one alone may be larger', async () => {
    const { stream, sent, add } = newStream()
    await add(5 * STREAM_WINDOW_BYTES)
    const second = add(1)
    expect(sent).toEqual([0])

    stream.take(1)

    await second
    expect(stream).toMatchObject({ sent: 2, bytes: 1 })
  })

  it('are sent again from where they are missing, as long as they are not taken', async () => {
    const { stream, sent, add } = newStream()
    for (let n = 0; n < 6; n++) await add()
    stream.take(2)
    sent.length = 0

    stream.resend(4)
    stream.resend(0)

    expect(sent).toEqual([4, 5, 2, 3, 4, 5])
  })

  it('are not freed by a word that is older, or says more than was sent', async () => {
    const { stream, sent, add } = newStream()
    for (let n = 0; n < 6; n++) await add()
    stream.take(4)

    stream.take(2)
    stream.resend(0)
    expect(sent.slice(6)).toEqual([4, 5])
    stream.take(1_000)

    expect(stream).toMatchObject({ sent: 6, bytes: 0 })
  })

  it('that wait are refused when nobody will take them, and so is every further one', async () => {
    const { stream, add } = newStream()
    const added = upTo(STREAM_WINDOW_PARTS + 1).map(() => add())

    stream.end(clusterError('requestAborted', { detail: 'nobody' }))

    await expect(added.at(-1)).rejects.toMatchObject({ code: 312 })
    await expect(add()).rejects.toMatchObject({ code: 312 })
  })

  it('come before the answer, also those that wait', () => {
    const { stream, add } = newStream()
    let ended = 0
    for (let n = 0; n < STREAM_WINDOW_PARTS + 1; n++) void add()
    stream.whenAllSent(() => ended++)
    expect([ended, stream.isEnding]).toEqual([0, true])

    stream.take(1)

    expect([ended, stream.isEnding, stream.sent]).toEqual([1, false, STREAM_WINDOW_PARTS + 1])
  })
})
