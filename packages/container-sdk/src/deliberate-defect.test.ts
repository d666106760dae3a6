import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { World } from '../test/world'

vi.hoisted(() => {
  process.env.AICLUSTER_DELIBERATE_DEFECT = 'duplicates'
})

describe('the negative control of the chaos run', () => {
  it('runs a request that comes twice twice, in hand or answered', async () => {
    await using world = await World.start()
    const { held } = await world.hold()
    world.manager.request(5)
    world.manager.request(5)
    await eventually('both are in hand', () => held.length === 2)
    for (const { answer } of held) answer('done')
    await eventually('the answer', () => world.manager.answers.length === 1)

    world.manager.request(5)

    await eventually('the third run', () => held.length === 3)
    expect(held.map(({ number }) => number)).toEqual([5, 5, 5])
  })
})
