import { clusterError } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { World } from '../test/world'

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const cycle: unknown[] = []
cycle.push(cycle)

describe('a handler that fails with what a request made it throw', () => {
  it.each([
    [
      'an error with a value nested as deep as a message may be',
      clusterError('invalidParameter', { details: { value: nested(100) } }),
      302,
    ],
    ['an error with a value that holds itself', clusterError('invalidParameter', { details: { value: cycle } }), 302],
    ['what no text can be made of', Object.create(null), 999],
  ])('answers with the error, and the program lives on: %s', async (_what, error, code) => {
    await using world = await World.start()
    const { held } = await world.hold()
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    world.manager.request(5)
    await eventually('it is in hand', () => held.length === 1)

    held[0]?.fail(error)

    await eventually('the answer', () => world.manager.answers.length === 1)
    expect(world.manager.answers).toEqual([[5, code]])
    written.mockRestore()
    world.manager.request(6)
    await eventually('the next one', () => held.length === 2)
  })
})
