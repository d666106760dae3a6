import type { InferCallback } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { classify } from './classify'
import type { DigitImage } from './digit-images'

const images: DigitImage[] = [1, 2, 3].map((label) => ({
  image: { dtype: 'uint8', shape: [1, 1], data: Uint8Array.of(label) },
  label,
}))

/** A cluster whose every request waits until the test answers it. */
class FakeCluster {
  readonly open: { label: number; callback: InferCallback }[] = []
  refuses: Error | undefined
  sent = 0

  inferImageAsync(_name: string, image: DigitImage['image'], _param?: object | string, callback?: InferCallback): string {
    if (this.refuses) throw this.refuses
    this.sent++
    this.open.push({ label: Number(image.data[0]), callback: callback as InferCallback })
    return String(this.sent)
  }

  /** Answer the oldest request with what it shows, and let the sender go on. */
  async answerOne(): Promise<void> {
    const { label, callback } = this.open.shift() as (typeof this.open)[0]
    callback(0, '', { digit: label, probability: 1 }, undefined, '')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const untouched = { onProgress: () => {}, signal: new AbortController().signal }

describe('classify', () => {
  it('keeps 64 in flight and sends the images over and over', async () => {
    const cluster = new FakeCluster()
    const progress: number[] = []
    const running = classify(cluster, images, { ...untouched, requests: 100, onProgress: (answers) => progress.push(answers) })
    expect(cluster.open.slice(0, 4).map(({ label }) => label)).toEqual([1, 2, 3, 1])

    const inFlight = new Set<number>()
    while (cluster.open.length > 0) {
      if (cluster.sent < 100) inFlight.add(cluster.open.length)
      await cluster.answerOne()
    }

    expect(await running).toMatchObject({ sent: 100, outcomes: 100, correct: 100, errors: 0 })
    expect([...inFlight]).toEqual([64])
    expect(progress).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  it('counts an error as an outcome and goes on', async () => {
    const cluster = new FakeCluster()
    const running = classify(cluster, images, { ...untouched, requests: 2 })
    cluster.open.shift()?.callback(402, 'the container went', undefined, undefined, '')
    await cluster.answerOne()
    expect(await running).toMatchObject({ sent: 2, outcomes: 2, correct: 1, errors: 1 })
  })

  it('gives up when no answer comes any more: the rest is lost', async () => {
    const cluster = new FakeCluster()
    const running = classify(cluster, images, { ...untouched, requests: 10, silenceMs: 20 })
    await cluster.answerOne()
    expect(await running).toMatchObject({ sent: 10, outcomes: 1 })
  })

  it('ends with the error of a cluster that takes nothing', async () => {
    const cluster = new FakeCluster()
    cluster.refuses = new Error('no connection')
    await expect(classify(cluster, images, { ...untouched, requests: 10 })).rejects.toThrow('no connection')
  })

  it('sends nothing more once it is told to stop', async () => {
    const cluster = new FakeCluster()
    const stop = new AbortController()
    const running = classify(cluster, images, { ...untouched, requests: 1000, signal: stop.signal })
    stop.abort(new Error('Ctrl-C'))
    await expect(running).rejects.toThrow('Ctrl-C')
    await cluster.answerOne()
    expect(cluster.sent).toBe(64)
  })
})
