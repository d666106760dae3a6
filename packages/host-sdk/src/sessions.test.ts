import { clusterError, RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { ending, FakeWorld } from '../test/fake-world'

describe('requests that are open while the connection is lost', () => {
  it('wait, and end as they would have, with nothing sent twice', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(3)
    const [first = 0, second = 0, third = 0] = numbers
    await world.cut()
    world.manager.answer(first, 'while it was away')

    await world.comeBack()

    world.manager.answer(second, 'afterwards')
    world.manager.refuseRequest(third, clusterError('containerDisconnect'))
    expect(await Promise.all(outcomes)).toEqual(['while it was away', 'afterwards', 402])
    expect(world.manager.requests).toEqual(numbers)
    expect(world.manager.lists('inference').at(-1)).toEqual(numbers)
    expect(world.events).toEqual([112, 113])
  })

  it('keep their session: hello says which it was, and brings no new numbers', async () => {
    await using world = await FakeWorld.start()
    const { numbers } = await world.openRequests(1)
    await world.cut()
    await world.comeBack()
    const { numbers: later } = await world.openRequests(1)

    const [, again] = world.manager.arrivedOf(RecordKind.hello, 'inference')
    expect(again).toMatchObject({ epoch: 1, session: 1 })
    expect(later).toEqual([(numbers[0] ?? 0) + 1])
  })

  it('are sent again, in order and before anything new, where the manager does not know them', async () => {
    await using world = await FakeWorld.start()
    const { numbers } = await world.openRequests(3)
    await world.cut()
    world.manager.unlearn(numbers[0] as number, numbers[2] as number)
    const sent = world.manager.requests.length

    await world.comeBack()
    const next = ending(world.cluster.infer('digits', Uint8Array.of(9)))

    await eventually('the new one', () => world.manager.requests.length === sent + 3)
    expect(world.manager.requests.slice(sent)).toEqual([numbers[0], numbers[2], (numbers[2] as number) + 1])
    expect(world.manager.arrivedOf(RecordKind.request).map(({ name, body }) => [name, ...body])).toEqual(
      [0, 1, 2, 0, 2, 9].map((byte) => ['digits', byte]),
    )
    world.manager.answer(world.manager.requests.at(-1) as number, 'new')
    expect(await next).toBe('new')
  })

  it('are sent again under their numbers to a manager that was restarted', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(2)
    await world.cut()
    world.manager.forgetEverything()

    await world.comeBack()

    await eventually('both again', () => world.manager.requests.length === 4)
    for (const number of numbers) world.manager.answer(number, `again ${number}`)
    expect(await Promise.all(outcomes)).toEqual(numbers.map((number) => `again ${number}`))
    expect(world.manager.arrivedOf(RecordKind.request).map(({ epoch, request }) => [epoch, request])).toEqual([
      ...numbers.map((number) => [1, number]),
      ...numbers.map((number) => [2, number]),
    ])
    const { numbers: later } = await world.openRequests(1)
    expect(later[0]).toBeGreaterThan(1000)
  })

  it('are sent again with the time that remains', async () => {
    await using world = await FakeWorld.start()
    const open = ending(world.cluster.infer('digits', Uint8Array.of(1), {}, { timeout: 10_000 }))
    await eventually('it', () => world.manager.requests.length === 1)
    await world.cut()
    await new Promise((resolve) => setTimeout(resolve, 200))
    world.manager.forgetEverything()

    await world.comeBack()

    const [first, second] = await eventually('it again', () => {
      const requests = world.manager.arrivedOf(RecordKind.request)
      return requests.length === 2 && requests
    })
    expect(first?.deadlineMs).toBe(10_000)
    expect(second?.deadlineMs).toBeLessThan(9_850)
    expect(second?.deadlineMs).toBeGreaterThan(5_000)
    world.manager.answer(first?.request as number, 'in time')
    expect(await open).toBe('in time')
  })

  it('are sent again as they were, whatever has become of the buffers up to 64 KB since', async () => {
    await using world = await FakeWorld.start()
    const bodies = [100, 5_000, 65_536].map((length) => new Uint8Array(length).fill(7))
    const param = { label: 'before' }
    const outcomes = bodies.map((body) => ending(world.cluster.infer('digits', body, param)))
    await eventually('them', () => world.manager.requests.length === 3)
    await world.cut()
    for (const body of bodies) body.fill(0)
    param.label = 'after'
    world.manager.forgetEverything()

    await world.comeBack()

    await eventually('them again', () => world.manager.requests.length === 6)
    const [first, second] = [0, 3].map((at) => world.manager.arrivedOf(RecordKind.request).slice(at, at + 3))
    expect(second?.map(({ header, body }) => [header, body])).toEqual(first?.map(({ header, body }) => [header, body]))
    for (const number of world.manager.requests.slice(3)) world.manager.answer(number, 'same')
    expect(await Promise.all(outcomes)).toEqual(['same', 'same', 'same'])
  })

  it('end with 314 when the manager has dropped the session meanwhile; a new session serves what is new', async () => {
    await using world = await FakeWorld.start()
    const { outcomes, numbers } = await world.openRequests(2)
    const command = ending(world.cluster.getContainerHandler())
    await world.cut()
    world.manager.dropSessions()

    await world.comeBack()

    expect(await Promise.all([...outcomes, command])).toEqual([314, 314, 314])
    const { outcomes: later, numbers: laterNumbers } = await world.openRequests(1)
    // What is late for the old session says nothing.
    world.manager.answer(numbers[0] as number, 'late')
    world.manager.answer(laterNumbers[0] as number, 'new')
    expect(await Promise.all(later)).toEqual(['new'])
    expect(world.manager.requests).toEqual([...numbers, ...laterNumbers])
    expect(world.events).toEqual([112, 113])
  })

  it('end with 314 at once when the manager cuts the application off, which then has a new session', async () => {
    await using world = await FakeWorld.start()
    const { outcomes } = await world.openRequests(2)

    world.manager.cutOff()

    expect(await Promise.all(outcomes)).toEqual([314, 314])
    await eventually('the new session', () => world.cluster.isConnected)
    expect(world.events).toEqual([112, 113])
    expect(world.manager.arrivedOf(RecordKind.hello, 'inference').map(({ session }) => session)).toEqual([0, 0])
  })

  it('end with 111 that names the time when it does not come back; new ones end with 111 at once', async () => {
    await using world = await FakeWorld.start({ reconnectTimeoutMs: 300 })
    const { outcomes } = await world.openRequests(1)
    const open = world.cluster.getContainerHandler()
    await world.cut()
    const lostAt = performance.now()

    expect(await ending(world.cluster.infer('digits', Uint8Array.of(1)))).toBe(111)
    expect(performance.now() - lostAt).toBeLessThan(250)
    await expect(open).rejects.toMatchObject({ code: 111, message: expect.stringContaining('300 ms (reconnectTimeoutMs)') })
    expect(await Promise.all(outcomes)).toEqual([111])
    expect(world.cluster.openRequests).toBe(0)
    await world.comeBack()
    expect(world.events).toEqual([112, 113])
  })

  it('end with 111 at once when they are not to wait', async () => {
    await using world = await FakeWorld.start({ reconnectTimeoutMs: 0 })
    const { outcomes } = await world.openRequests(2)

    await world.manager.cut()

    expect(await Promise.all(outcomes)).toEqual([111, 111])
    expect(world.manager.arrivedOf(RecordKind.hello)).toHaveLength(2)
  })

  it('go on over an inference link that stands, while the management link alone is gone', async () => {
    await using world = await FakeWorld.start({ reconnectTimeoutMs: 10_000 })
    const { outcomes, numbers } = await world.openRequests(1)
    const command = ending(world.cluster.getContainerHandler())
    await eventually('the command', () => world.manager.arrivedOf(RecordKind.command).length === 1)

    await world.manager.cut(['management'])
    await eventually('the application to notice', () => !world.cluster.isConnected)
    world.manager.answer(numbers[0] as number, 'over the link that stands')

    expect(await Promise.all(outcomes)).toEqual(['over the link that stands'])
    await world.manager.bind(['management'])
    await eventually('the application to be back', () => world.cluster.isConnected)
    world.manager.reply(world.manager.arrivedOf(RecordKind.command)[0]?.request as number, [])
    expect(await command).toBeUndefined()
    expect(world.manager.arrivedOf(RecordKind.hello).map(({ link }) => link)).toEqual(['inference', 'management', 'management'])
  })
})

describe('commands that are open while the connection is lost', () => {
  const open = async (world: FakeWorld) => {
    const reply = world.cluster.getContainerHandler()
    const [command] = await eventually('the command', () => {
      const commands = world.manager.arrivedOf(RecordKind.command)
      return commands.length > 0 && commands
    })
    return { reply, number: command?.request as number }
  }

  it('get the reply that came while it was away', async () => {
    await using world = await FakeWorld.start()
    const { reply, number } = await open(world)
    await world.cut()
    world.manager.reply(number, [])
    await world.comeBack()
    expect(await reply).toEqual([])
    expect(world.manager.arrivedOf(RecordKind.command)).toHaveLength(1)
  })

  it('are sent again to the manager that has not got them', async () => {
    await using world = await FakeWorld.start()
    const { reply, number } = await open(world)
    await world.cut()
    world.manager.unlearn(number)

    await world.comeBack()

    const [first, second] = await eventually('it again', () => {
      const commands = world.manager.arrivedOf(RecordKind.command)
      return commands.length === 2 && commands
    })
    expect(second?.body).toEqual(first?.body)
    world.manager.reply(number, [])
    expect(await reply).toEqual([])
  })

  it('are never sent again to a manager that was restarted: 111 that says that nobody knows', async () => {
    await using world = await FakeWorld.start()
    const { reply } = await open(world)
    reply.catch(() => {})
    await world.cut()
    world.manager.forgetEverything()

    await world.comeBack()

    await expect(reply).rejects.toMatchObject({ code: 111, message: expect.stringMatching(/restarted.*may or may not/) })
    expect(world.manager.arrivedOf(RecordKind.command)).toHaveLength(1)
    expect(world.manager.lists('management').at(-1)).toEqual([])
  })

  it('may be given up meanwhile, by signal and by timeout, and are not asked for again', async () => {
    await using world = await FakeWorld.start()
    const giveUp = new AbortController()
    const aborted = ending(world.cluster.getContainerHandler(undefined, { signal: giveUp.signal }))
    const late = ending(world.cluster.getContainerHandler(undefined, { timeout: 300 }))
    await eventually('both', () => world.manager.arrivedOf(RecordKind.command).length === 2)
    await world.cut()

    giveUp.abort()

    expect(await aborted).toBe(312)
    expect(await late).toBe(313)
    await world.comeBack()
    await eventually('the list', () => world.manager.lists('management').length === 2)
    expect(world.manager.lists('management').at(-1)).toEqual([])
  })
})
