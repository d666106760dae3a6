import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PublishedResult, Subscription } from '@aicluster/host-sdk'
import { eventually } from './eventually'
import type { World } from './world'

export interface Burst {
  count: number
  bytes?: number
  as?: 'number' | 'bytes' | 'nested'
  name?: string
  /** Pause after each, in ms. */
  everyMs?: number
}

/** Makes the `source` program publish. */
export class Bursts {
  private last = 0

  constructor(private readonly world: World) {}

  /** Resolves when the program has published all of it. */
  async publish(burst: Burst): Promise<{ stood: boolean[]; dropped: number }> {
    const number = ++this.last
    const file = (kind: string) => join(this.world.gates.folder, `${kind}-${number}`)
    // Under its name only when it is whole: the program looks all the time.
    writeFileSync(file('order'), JSON.stringify(burst))
    renameSync(file('order'), file('burst'))
    await eventually(`burst ${number}`, () => existsSync(file('published')) && readFileSync(file('published'), 'utf8') !== '', 20_000)
    return JSON.parse(readFileSync(file('published'), 'utf8'))
  }
}

/** The next so many results of a subscription. */
export async function take(subscription: Subscription, count: number): Promise<PublishedResult[]> {
  const results: PublishedResult[] = []
  while (results.length < count) {
    const { value, done } = await subscription.next()
    if (done) break
    results.push(value)
  }
  return results
}

/** Their running numbers in the program's life. */
export const numbersOf = (results: readonly PublishedResult[]): unknown[] => results.map(({ response }) => response.metadata.n)

/** 0, 1, 2, … */
export const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index)
