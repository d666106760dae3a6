import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CliWorld } from './aicluster'
import { missingForTerminals, type Terminal } from './terminal'

let world: CliWorld
beforeEach(async () => {
  world = await CliWorld.open()
  await world.run(['up', '--detach'])
  await world.run(['load', '--name', 'loop', '--type', 'Loop'])
})
afterEach(() => world[Symbol.asyncDispose]())

describeUnless(missingForTerminals(), 'top on a terminal', () => {
  let terminal: Terminal
  afterEach(() => terminal.kill())

  it('is drawn anew in place, and leaves the terminal as it was', async () => {
    terminal = world.terminal('top')
    await terminal.shows(/^aicluster top, .*\nManager {4}pid \d+/)
    await terminal.shows(/^Per second 0\.0 received, 0\.0 answered, 0\.0 failed$/m)
    expect(terminal.screen).toMatchObject({ isAlternate: true, cursorVisible: false })
    expect(terminal.screen.text.match(/Manager/g)).toHaveLength(1)
    expect(terminal.screen.text).toMatch(/^loop-board2 +loop +board2 +running +connected/m)

    terminal.type('q')
    expect(await terminal.end()).toEqual({ exitCode: 0, echoes: true })
    expect(terminal.screen).toMatchObject({ isAlternate: false, cursorVisible: true, text: '' })
  })

  it('ends by Ctrl-C', async () => {
    terminal = world.terminal('top')
    await terminal.shows(/loop-board2/)
    terminal.type('\u0003')
    expect(await terminal.end()).toEqual({ exitCode: 0, echoes: true })
    expect(terminal.screen).toMatchObject({ isAlternate: false, cursorVisible: true })
  })

  it('says that the connection is lost, and goes on with the next manager', async () => {
    terminal = world.terminal('top')
    await terminal.shows(/start number|pid \d+/)
    await world.run(['down', '--keep-containers'])
    await terminal.shows(/the connection is lost/)
    expect(terminal.screen.text).toMatch(/loop-board2/)
    await world.run(['up', '--detach'])
    await terminal.shows(/^aicluster top, /)
    terminal.type('q')
    expect((await terminal.end()).exitCode).toBe(0)
  })
})

describe('top without a terminal', () => {
  it('is shown once', async () => {
    const { exitCode, stdout, stderr } = await world.run(['top'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^Manager .*\nRequests .*\nPer second 0\.0 received/)
    expect(stdout).toMatch(/^BOARD .*\nboard1 .*\nboard2 /m)
    expect(stdout).not.toContain('\u001b')
  })

  it('is one object with --json', async () => {
    const { value } = await world.json('top')
    expect(value).toMatchObject({
      requests: { waiting: 0, inFlight: 0, receivedPerSecond: 0 },
      boards: [{ name: 'board1', freeCredits: 0 }, { name: 'board2' }],
      inferences: [{ name: 'loop', waiting: 0 }],
      containers: [{ suffixName: 'loop-board1' }, { suffixName: 'loop-board2' }],
    })
  })
})
