import { clusterError, RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import type { FakeManager } from '../test/fake-manager'
import { ending, FakeWorld } from '../test/fake-world'

describe('what gets lost over a connection that stands', () => {
  it('a request is sent again when the manager asks what is open', async () => {
    await using world = await FakeWorld.start()
    let lost = 0
    world.manager.loses = () => lost++ === 0
    const outcome = ending(world.cluster.infer('digits', Uint8Array.of(1)))
    await eventually('its loss', () => lost === 1)

    world.manager.signal('inference', RecordKind.resync)

    await eventually('it again', () => world.manager.requests.length === 2)
    world.manager.answer(world.manager.requests[0] as number, 'found')
    expect(await outcome).toBe('found')
    expect(new Set(world.manager.requests).size).toBe(1)
  })

  it('a request is sent again by itself: the next ping shows the gap, and the manager asks', async () => {
    await using world = await FakeWorld.start()
    world.loseNextOfApplication()
    const outcome = ending(world.cluster.infer('digits', Uint8Array.of(1)))
    const sentAt = performance.now()

    await eventually('it again', () => world.manager.requests.length === 1)

    expect(performance.now() - sentAt).toBeLessThan(1_500)
    world.manager.answer(world.manager.requests[0] as number, 'found')
    expect(await outcome).toBe('found')
  })

  it('a cancel shows by the next ping, though nothing is open any more: the manager hears what is not wanted', async () => {
    await using world = await FakeWorld.start()
    const giveUp = new AbortController()
    const aborted = ending(world.cluster.infer('digits', Uint8Array.of(1), {}, { signal: giveUp.signal }))
    await eventually('it', () => world.manager.requests.length === 1)
    world.loseNextOfApplication()

    giveUp.abort()

    expect(await aborted).toBe(312)
    await eventually('the list', () => world.manager.lists('inference').length === 2)
    expect(world.manager.lists('inference').at(-1)).toEqual([])
  })

  it('an outcome is asked for as soon as a later record shows the gap', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(2)
    const [first = 0, second = 0] = numbers
    world.manager.loseAnswer(first, 'lost before')

    world.manager.answer(second, 'shows the gap')

    expect(await Promise.all(outcomes)).toEqual(['lost before', 'shows the gap'])
    expect(world.manager.lists('inference').at(-1)).toContain(first)
  })

  it('what came after a gap is acknowledged only once what is missing has been asked for', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(2)
    const [first = 0, second = 0] = numbers
    world.manager.reconciles = false
    world.manager.loseAnswer(first, 'lost before')
    world.manager.answer(second, 'shows the gap')
    expect(await outcomes[1]).toBe('shows the gap')
    await eventually('the list', () => world.manager.lists('inference').length === 2)
    expect(world.manager.isAcknowledged('inference')).toBe(false)

    world.manager.reconciles = true

    expect(await outcomes[0]).toBe('lost before')
    await eventually('the acknowledgement', () => world.manager.isAcknowledged('inference'))
    expect(world.cluster.openRequests).toBe(0)
  })

  it('the last outcome of all is noticed within a second or so: pings are answered, and the answer shows the gap', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(1)
    world.manager.loseAnswer(numbers[0] as number, 'lost')
    const lostAt = performance.now()

    expect(await Promise.all(outcomes)).toEqual(['lost'])

    expect(performance.now() - lostAt).toBeLessThan(1_500)
  })

  it('a doubled outcome counts once', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(2)
    const [first = 0, second = 0] = numbers
    for (const text of ['first', 'second']) world.manager.answer(first, text)
    world.manager.answer(second, 'other')
    expect(await Promise.all(outcomes)).toEqual(['first', 'other'])
    expect(world.cluster.openRequests).toBe(0)
  })

  it('an outcome of an earlier life of the manager does not count', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(1)
    await world.cut()
    world.manager.forgetEverything()
    await world.comeBack()
    await eventually('it again', () => world.manager.requests.length === 2)

    world.manager.answerFromEpoch(1, numbers[0] as number, 'old')
    world.manager.answer(numbers[0] as number, 'new')

    expect(await Promise.all(outcomes)).toEqual(['new'])
  })

  it('a reply to a command is asked for', async () => {
    await using world = await FakeWorld.start()
    const reply = world.cluster.getContainerHandler()
    const [command] = await eventually('the command', () => {
      const commands = world.manager.arrivedOf(RecordKind.command)
      return commands.length > 0 && commands
    })
    world.manager.loseReply(command?.request as number, [])
    expect(await reply).toEqual([])
  })

  it('a hello, or its welcome, is followed by another one', async () => {
    const deafAtFirst = (manager: FakeManager) => {
      manager.welcomes = false
      setTimeout(() => {
        manager.welcomes = true
      }, 300)
    }
    await using world = await FakeWorld.start({}, deafAtFirst)
    expect(world.manager.arrivedOf(RecordKind.hello, 'inference').length).toBe(2)
    expect(world.cluster.isConnected).toBe(true)
  })

  it('an answer to a reconciliation is asked for again; what is new waits until it is there', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(1)
    world.manager.reconciles = false
    world.manager.signal('inference', RecordKind.resync)
    await eventually('the list', () => world.manager.lists('inference').length === 2)
    outcomes.push(ending(world.cluster.infer('digits', Uint8Array.of(2))))

    world.manager.reconciles = true

    await eventually('the new one', () => world.manager.requests.length === 2)
    expect(world.manager.lists('inference').length).toBeGreaterThan(2)
    for (const number of world.manager.requests) world.manager.answer(number, 'done')
    expect(await Promise.all(outcomes)).toEqual(['done', 'done'])
    expect(world.manager.requests[1]).toBe((numbers[0] as number) + 1)
  })

  it('further request numbers are asked for again', async () => {
    await using world = await FakeWorld.start()
    // The fake's blocks are small: the SDK asks for the next one with its first request.
    world.manager.grantsNumbers = false
    const { outcomes } = await world.openRequests(1)
    await eventually('its question', () => world.manager.arrivedOf(RecordKind.moreNumbers).length === 1)
    world.manager.grantsNumbers = true

    world.manager.signal('inference', RecordKind.resync)

    await eventually('it again', () => world.manager.arrivedOf(RecordKind.moreNumbers).length === 2)
    world.manager.answer(world.manager.requests[0] as number, 'done')
    expect(await Promise.all(outcomes)).toEqual(['done'])
  })
})

describe('a connection with nothing open', () => {
  it('is quiet', async () => {
    await using world = await FakeWorld.start()
    await new Promise((resolve) => setTimeout(resolve, 700))
    const before = world.manager.arrived.length
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(world.manager.arrived.slice(before).map(({ kind }) => kind)).toEqual([])
  })

  it('answers pings', async () => {
    await using world = await FakeWorld.start()
    for (const link of ['inference', 'management'] as const) {
      world.manager.signal(link, RecordKind.ping)
      await eventually('the pong', () => world.manager.arrivedOf(RecordKind.pong, link).length === 1)
    }
    expect(world.cluster.isConnected).toBe(true)
  })
})

describe('a manager that refuses for a while', () => {
  it('is asked again, and what is open waits', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(1)
    await world.cut()
    world.manager.refusal = clusterError('connectionEstablishment', { detail: 'shutting down' })
    await world.manager.bind()
    await eventually('the refused hello', () => world.manager.arrivedOf(RecordKind.hello, 'inference').length === 2)

    world.manager.refusal = undefined

    await eventually('the application to be back', () => world.cluster.isConnected)
    world.manager.answer(numbers[0] as number, 'after all')
    expect(await Promise.all(outcomes)).toEqual(['after all'])
  })

  it('because of the key ends what is open with 110 at once, and refuses what comes, until it lets the key in again', async () => {
    await using world = await FakeWorld.start({ maxPending: 1 })
    const { outcomes } = await world.openRequests(1)
    const reason = 'the key "camera" was revoked'
    const refused = { code: 110, message: expect.stringContaining(reason) }
    const { cluster } = world
    const waiting = cluster.infer('digits', Uint8Array.of(1))
    const ends = [...outcomes, ...[waiting, cluster.waitForRoom(1), cluster.getQueueInfo()].map(ending)]
    await world.cut()
    world.manager.refusal = clusterError('connectionEstablishment', { detail: reason, details: { key_refused: true } })
    await world.manager.bind()

    expect(await Promise.all(ends)).toEqual([110, 110, 110, 110])

    await expect(waiting).rejects.toMatchObject(refused)
    await expect(cluster.infer('digits', Uint8Array.of(2))).rejects.toMatchObject(refused)
    await expect(cluster.getQueueInfo()).rejects.toMatchObject(refused)
    await expect(cluster.connectAICluster()).rejects.toMatchObject(refused)
    world.manager.refusal = undefined
    await world.manager.cut()
    await world.comeBack()
    const { numbers, outcomes: later } = await world.openRequests(1)
    world.manager.answer(numbers[0] as number, 'let in')
    expect(await Promise.all(later)).toEqual(['let in'])
  })
})
