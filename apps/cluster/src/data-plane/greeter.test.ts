import { encodeMsgpack } from '@aicluster/protocol'
import { expect, it } from 'vitest'
import { Counters } from './counters'
import { Greeter, type Peer, refusal } from './greeter'

interface Line {
  reason: string
  unlogged?: number
}

/** A greeter that refuses whoever comes. */
class RefusingWorld {
  readonly lines: Line[] = []
  readonly counters = new Counters()
  nowMs = 0
  readonly greeter = new Greeter(
    1,
    this.counters,
    (_level, fields) => this.lines.push(fields as unknown as Line),
    () => this.nowMs,
  )

  readonly peer = (): Peer => ({ outbox: { send: () => {} } }) as unknown as Peer

  get refused(): number | undefined {
    return this.counters.toRecord().hellos_refused_total
  }
}

it('a peer whose hellos are refused again and again is in the log once, and counted', () => {
  const world = new RefusingWorld()
  const peer = world.peer()
  for (let i = 0; i < 1_000; i++) world.greeter.refuse(peer, refusal('no'))

  expect(world.lines).toHaveLength(1)
  expect(world.refused).toBe(1_000)
})

it('many peers whose hellos are refused have a few lines a minute, and the next one tells how many had none', () => {
  const world = new RefusingWorld()
  for (let i = 0; i < 1_000; i++) world.greeter.refuse(world.peer(), refusal('no'))
  expect(world.lines).toHaveLength(20)
  world.nowMs += 60_000
  world.greeter.refuse(world.peer(), refusal('no'))

  expect(world.lines.at(-1)?.unlogged).toBe(980)
})

it('what a peer says is cut in the log, and has no control characters there', () => {
  const world = new RefusingWorld()
  world.greeter.refuse(world.peer(), refusal(`\u001b[2J${'x'.repeat(1_000_000)}`))

  const reason = world.lines[0]?.reason ?? ''
  expect(reason.length).toBeLessThanOrEqual(201)
  expect(reason).not.toContain('\u001b')
})

it.each([
  ['text', 'x'.repeat(1_000_000)],
  ['a map that has no text', [{ toString: 1 }, 0]],
  ['a long list', Array.from({ length: 100_000 }, () => 7)],
])('a hello whose version is %s is refused with a short reason', (_what, protocol) => {
  const { greeter } = new RefusingWorld()

  expect(() => greeter.readHello('host', 'inference', encodeMsgpack({ protocol }))).toThrow(
    expect.objectContaining({ code: 110, message: expect.stringMatching(/^.{0,200}$/) }),
  )
})
