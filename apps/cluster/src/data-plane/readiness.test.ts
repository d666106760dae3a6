import { describe, expect, it } from 'vitest'
import type { QueueSettings } from '../dispatch/inference-queue'
import { DispatchWorld } from '../dispatch/test/dispatch-world'
import { readinessOf } from './readiness'

/** A world with one inference, and how ready that is. */
function worldWith(settings: Partial<QueueSettings> = {}) {
  const world = new DispatchWorld()
  const queue = world.register(settings)
  const readiness = () => readinessOf(queue, (container, number) => world.dispatcher.isHeld(container, number))
  return { world, readiness }
}

describe('an inference is', () => {
  it('not ready without a container, nor while its container takes nothing', () => {
    const { world, readiness } = worldWith()
    expect(readiness()).toBe('no_container')
    const container = world.connect('c1')
    world.dispatcher.setAccepting(container, false)
    expect(readiness()).toBe('not_ready')
    world.dispatcher.setAccepting(container, true)
    expect(readiness()).toBe('ready')
  })

  it('not ready while its only container is held', () => {
    const { world, readiness } = worldWith()
    const container = world.connect('c8')
    world.dispatcher.setHeld(container, true)
    expect(readiness()).toBe('not_ready')
    world.dispatcher.setHeld(container, false)
    expect(readiness()).toBe('ready')
  })

  it('not ready while its distribution is off everywhere, ready with one container that has it on', () => {
    const { world, readiness } = worldWith()
    const first = world.connect('c2')
    world.dispatcher.setPaused(first, 'digits', true)
    expect(readiness()).toBe('distribution_off')
    world.connect('c3')
    expect(readiness()).toBe('ready')
  })

  it('ready while its containers are busy and there is room to wait, not when the queue is full', () => {
    const { world, readiness } = worldWith({ limit: 1 })
    world.connect('c4')
    world.send()
    expect(readiness()).toBe('ready')
    world.send()
    expect(readiness()).toBe('queue_full')
  })

  it('stuck while all that its containers hold has ended by time-out, until one answers', () => {
    const { world, readiness } = worldWith({ responseTimeoutMs: 100 })
    const container = world.connect('c5')
    const request = world.send()
    world.pass(200)
    expect(readiness()).toBe('stuck')
    world.dispatcher.answer(container, request.number)
    expect(readiness()).toBe('ready')
  })

  it('not stuck because of what a container holds from before a restart', () => {
    const { world, readiness } = worldWith()
    const container = world.connect('c6')
    world.dispatcher.hold(container, 7)
    expect(readiness()).toBe('ready')
  })

  it('always ready as a Loop, which needs no container', () => {
    expect(worldWith({ loop: true }).readiness()).toBe('ready')
  })

  it('in order but without requests as a source, once its container is ready', () => {
    const { world, readiness } = worldWith({ acceptsInput: false })
    expect(readiness()).toBe('no_container')
    world.connect('c7')
    expect(readiness()).toBe('takes_no_input')
    expect(worldWith({ acceptsInput: false, loop: true }).readiness()).toBe('takes_no_input')
  })
})
