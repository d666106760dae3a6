import { freshSeed, type SeededRandom, seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { AnsweringHalf } from './answering-half'
import { AskingHalf } from './asking-half'
import { RetainedOutcome } from './retained-outcomes'

const STEPS = Number(process.env.AICLUSTER_SESSION_STEPS ?? 3_000)
const SEED = Number(process.env.AICLUSTER_SEED ?? freshSeed())

type Message =
  | { kind: 'hello'; epoch: number }
  | { kind: 'welcome'; epoch: number; resumed: boolean }
  | { kind: 'request'; number: number }
  | { kind: 'outcome'; number: number; value: string }
  | { kind: 'reconcile'; round: number; numbers: number[]; keep: number[] }
  | { kind: 'reconciled'; round: number; unknown: number[] }
  | { kind: 'resync' }
  | { kind: 'settled'; numbers: number[] }
  | { kind: 'ping' }

interface Packet {
  sequence: number
  ack: number
  message: Message
}

/** One direction of a connection as the links have it: sequences and acks are right, the wire is not. */
class Direction {
  sequence = 0
  received = 0
  private expected = 1
  private held = false
  wire: Packet[] = []

  send(message: Message, reverse: Direction): number {
    this.wire.push({ sequence: ++this.sequence, ack: reverse.received, message })
    return this.sequence
  }

  /** Whether the packet counts, and whether something before it is missing. */
  take({ sequence }: Packet): 'new' | 'gap' | 'old' {
    if (sequence < this.expected) return 'old'
    const gap = sequence > this.expected
    this.expected = sequence + 1
    if (gap) this.held = true
    if (!this.held) this.received = sequence
    return gap ? 'gap' : 'new'
  }

  accounted(): void {
    this.held = false
    this.received = this.expected - 1
  }
}

class Outcome extends RetainedOutcome {
  constructor(
    number: number,
    public value: string,
  ) {
    super(number, value.length)
  }
}

/**
 * Both halves over a wire that loses, doubles, delays and cuts, with an answering side that may be restarted (its journal of begun
 * numbers survives, as the manager's does) and one that asks and never forgets.
 */
class World {
  readonly executions = new Map<number, number>()
  readonly outcomes = new Map<number, string[]>()
  readonly asked = new Set<number>()
  private readonly open = new Set<number>()
  /** Answers that have come and must not be forgotten on the other side yet. */
  private readonly unsettled = new Set<number>()
  private next = 1
  private up = new Direction()
  private down = new Direction()
  private connected = false
  private welcomed = false
  private epoch = 1
  private knownEpoch = 0
  private readonly begun = new Set<number>()
  private inProgress = new Set<number>()
  private asking: AskingHalf
  private answering: AnsweringHalf<Outcome>

  constructor(
    private readonly random: SeededRandom,
    private readonly release: 'on-ack' | 'when-settled',
  ) {
    this.asking = this.newAsking()
    this.answering = this.newAnswering()
  }

  step(faults: boolean): void {
    const { random } = this
    const dice = random.integer(0, 99)
    if (dice < 25) this.ask()
    else if (dice < 60) this.deliver(this.up, faults)
    else if (dice < 85) this.deliver(this.down, faults)
    else if (dice < 92) this.work()
    else if (dice < 95) this.tick()
    else if (!faults) this.tick()
    else if (dice < 97) this.cut()
    else if (dice < 98) this.restartAnswering()
    if (!this.connected && random.chance(0.3)) this.connect()
  }

  /** Everything comes to rest: no more faults, no more requests. */
  settle(): void {
    if (!this.connected) this.connect()
    for (let i = 0; i < 100_000 && !this.atRest; i++) {
      while (this.up.wire.length > 0) this.deliver(this.up, false)
      while (this.down.wire.length > 0) this.deliver(this.down, false)
      while (this.inProgress.size > 0) this.work()
      this.tick()
    }
  }

  get atRest(): boolean {
    return this.open.size === 0 && this.inProgress.size === 0 && this.answering.outcomes.size === 0
  }

  private ask(): void {
    if (this.next > 400 && this.open.size > 60) return
    const number = this.next++
    this.asked.add(number)
    this.open.add(number)
    if (this.welcomed && this.asking.isLive) this.up.send({ kind: 'request', number }, this.down)
  }

  private work(): void {
    const number = [...this.inProgress][0]
    if (number === undefined) return
    this.inProgress.delete(number)
    this.executions.set(number, (this.executions.get(number) ?? 0) + 1)
    this.answering.outcomes.add(new Outcome(number, `result ${number}`))
  }

  private tick(): void {
    if (!this.connected) return
    if (this.welcomed && this.unsettled.size > 0) {
      this.up.send({ kind: 'settled', numbers: [...this.unsettled] }, this.down)
      this.unsettled.clear()
    }
    if (!this.welcomed) this.up.send({ kind: 'hello', epoch: this.knownEpoch }, this.down)
    else if (this.asking.isReconciling) this.asking.repeat()
    else this.up.send({ kind: 'ping' }, this.down)
    if (this.answering.awaitsReconciliation) this.down.send({ kind: 'resync' }, this.up)
    else this.down.send({ kind: 'ping' }, this.up)
  }

  private connect(): void {
    this.up = new Direction()
    this.down = new Direction()
    this.connected = true
    this.up.send({ kind: 'hello', epoch: this.knownEpoch }, this.down)
  }

  private cut(): void {
    if (!this.connected) return
    this.connected = this.welcomed = false
    this.up.wire.length = this.down.wire.length = 0
    this.asking.down()
    this.answering.down()
  }

  private restartAnswering(): void {
    this.cut()
    this.epoch++
    this.inProgress = new Set()
    this.answering = this.newAnswering()
  }

  private deliver(direction: Direction, faults: boolean): void {
    const { wire } = direction
    if (wire.length === 0 || !this.connected) return
    const dice = faults ? this.random.integer(0, 99) : 99
    const packet = wire.shift() as Packet
    if (dice < 3) return
    if (dice < 6) wire.push(packet)
    else if (dice < 9) return void wire.splice(this.random.integer(0, wire.length), 0, packet)
    if (direction === this.up) this.toAnswering(packet)
    else this.toAsking(packet)
  }

  private toAnswering(packet: Packet): void {
    const verdict = this.up.take(packet)
    if (verdict === 'old') return
    this.answering.outcomes.acknowledged(packet.ack)
    if (verdict === 'gap') this.answering.gap()
    const { message } = packet
    if (message.kind === 'hello') {
      const resumed = message.epoch !== 0
      this.answering.up(message.epoch === this.epoch)
      this.down.send({ kind: 'welcome', epoch: this.epoch, resumed }, this.up)
    } else if (message.kind === 'request') this.accept(message.number)
    else if (message.kind === 'settled') for (const number of message.numbers) this.answering.outcomes.release(number)
    else if (message.kind === 'reconcile') {
      this.up.accounted()
      const inProgress = { has: (number: number) => this.inProgress.has(number), keys: () => [...this.inProgress] }
      const { unknown, unwanted } = this.answering.reconcile(message.numbers, inProgress)
      for (const number of unwanted) this.inProgress.delete(number)
      this.down.send({ kind: 'reconciled', round: message.round, unknown }, this.up)
      this.answering.resend(message.numbers, message.keep)
    }
  }

  private accept(number: number): void {
    if (this.inProgress.has(number) || !this.answering.accepts(number)) return
    if (this.begun.has(number)) return this.answering.outcomes.add(new Outcome(number, '402'))
    this.begun.add(number)
    this.inProgress.add(number)
  }

  private toAsking(packet: Packet): void {
    const verdict = this.down.take(packet)
    if (verdict === 'old') return
    const { message } = packet
    if (message.kind === 'welcome') {
      if (this.welcomed) return
      this.welcomed = true
      this.knownEpoch = message.epoch
      this.asking.up(message.resumed || this.open.size > 0)
    } else if (message.kind === 'outcome') this.settleOne(message.number, message.value)
    else if (message.kind === 'reconciled') this.asking.reconciled(message.round, message.unknown)
    else if (message.kind === 'resync') this.asking.gap()
    if (verdict === 'gap' && this.welcomed) this.asking.gap()
  }

  private settleOne(number: number, value: string): void {
    if (this.open.delete(number)) this.outcomes.set(number, [...(this.outcomes.get(number) ?? []), value])
    if (this.release === 'when-settled') this.unsettled.add(number)
  }

  private newAsking(): AskingHalf {
    return new AskingHalf(
      {
        open: () => [...this.open],
        reconcile: (round, numbers) => this.up.send({ kind: 'reconcile', round, numbers, keep: [...this.unsettled] }, this.down),
        resend: (number) => this.open.has(number) && this.up.send({ kind: 'request', number }, this.down),
        accounted: () => this.down.accounted(),
      },
      true,
    )
  }

  private newAnswering(): AnsweringHalf<Outcome> {
    const half: AnsweringHalf<Outcome> = new AnsweringHalf<Outcome>(
      {
        send: ({ number, value }) => this.down.send({ kind: 'outcome', number, value }, this.up),
        expire: (outcome) => {
          outcome.value = '314'
        },
      },
      { release: this.release, limits: { retainedBytes: 2 ** 20, unreadBytes: 2 ** 20, windowBytes: 64 } },
    )
    return half
  }
}

describe.each(['on-ack', 'when-settled'] as const)(
  'two halves over a wire that loses, doubles, delays and cuts; outcomes go %s',
  (release) => {
    it(`end every request once, and run none twice (seed ${SEED}, AICLUSTER_SEED repeats it)`, () => {
      for (let round = 0; round < 10; round++) {
        const world = new World(seededRandom(SEED + round), release)
        for (let i = 0; i < STEPS; i++) world.step(true)
        world.settle()

        const where = `seed ${SEED + round}`
        expect(world.atRest, where).toBe(true)
        expect(world.asked.size, where).toBeGreaterThan(100)
        for (const number of world.asked) expect(world.outcomes.get(number), `${where}, request ${number}`).toHaveLength(1)
        for (const [number, times] of world.executions) expect(times, `${where}, request ${number}`).toBe(1)
      }
    })
  },
)
