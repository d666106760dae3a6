import type { SeededRandom } from '@aicluster/testing'
import type { DispatchLimits } from '../dispatch-limits'
import type { QueueSettings } from '../inference-queue'
import { isOpen, type ModelContainer, type ModelRequest } from './model-state'
import type { PairedWorlds } from './paired-worlds'

const NEVER = Number.POSITIVE_INFINITY
const OWNERS = ['alice', 'bob', 'carol']
/** The last one is never registered, so that there is always a name a container serves in vain. */
const NAMES = ['north', 'east', 'south', 'west', 'nowhere']
const MOST_CONTAINERS = 6
/** 300 s are more than three rounds of the deadline wheel. */
const LIMITS_MS = [1, 5, 20, 20, 100, 100, 1000, 30_000, 300_000, NEVER]

/** Random steps of one world. Each world has its own taste: some steps are frequent in it, some hardly ever come. */
export class RandomSteps {
  static readonly owners = OWNERS

  static limits(random: SeededRandom): DispatchLimits {
    return {
      hangTimeoutMs: random.pick([5, 100, 5000, NEVER]),
      responseTimeoutMs: random.pick([20, 1000, 300_000]),
      maxQueuedPerSession: random.pick([1, 3, 8, 1_000_000]),
    }
  }

  private readonly steps: { weight: number; run: () => void }[]
  private readonly totalWeight: number
  private readonly ownLimits: number
  /** The highest that was used. 1 itself is never a request's. */
  private lastNumber = 1
  private lastContainer = 0

  constructor(
    private readonly random: SeededRandom,
    private readonly worlds: PairedWorlds,
  ) {
    const taste = (weight: number, run: () => void) => ({ weight: weight * random.pick([0.1, 1, 1, 1, 4]), run })
    this.ownLimits = random.pick([0, 0.3, 0.7])
    this.steps = [
      taste(40, this.enqueue),
      taste(40, this.answer),
      taste(4, this.answerWrongly),
      taste(15, this.taken),
      taste(3, this.started),
      taste(30, this.part),
      taste(15, this.readerSays),
      taste(12, this.passALittle),
      taste(1, this.passMuch),
      taste(12, () => worlds.tick()),
      taste(3, this.cancel),
      taste(2, this.deleteQueued),
      taste(0.5, () => worlds.dropOwner(random.pick(OWNERS))),
      taste(4, this.connect),
      taste(1, this.disconnect),
      taste(5, () => this.withContainer((container) => worlds.setAccepting(container, true))),
      taste(1, () => this.withContainer((container) => worlds.setAccepting(container, false))),
      taste(1, () => this.withContainer((container) => worlds.setPaused(container, random.pick(NAMES), true))),
      taste(3, () => this.withContainer((container) => worlds.setPaused(container, random.pick(NAMES), false))),
      taste(2, this.register),
      taste(0.5, () => worlds.unregister(random.pick(NAMES))),
      taste(2, this.hold),
      taste(3, this.attach),
      taste(1, this.drop),
      taste(2, this.giveBack),
      taste(0.3, this.comeToRest),
    ]
    this.totalWeight = this.steps.reduce((total, { weight }) => total + weight, 0)
  }

  /** Two inferences and two ready containers. */
  begin(): void {
    for (let i = 0; i < 2; i++) {
      this.register()
      this.connect()
    }
    for (const container of this.worlds.model.containers) this.worlds.setAccepting(container, true)
  }

  one(): void {
    let at = this.random.next() * this.totalWeight
    const step = this.steps.find(({ weight }) => {
      at -= weight
      return at < 0
    })
    step?.run()
  }

  /** Let everything end, by one way or another, and see that nothing is left. The world goes on afterwards. */
  readonly comeToRest = (): void => {
    const { worlds, random } = this
    const { model } = worlds
    for (let round = 0; model.live.length > 0; round++) {
      if (round > 1000) throw new Error('the world does not come to rest')
      const way = random.integer(0, 4)
      if (way === 0) {
        for (const container of model.containers) worlds.setAccepting(container, true)
      } else if (way === 1) {
        worlds.pass(random.pick(LIMITS_MS.slice(0, -1)))
        worlds.tick()
      } else if (way === 2) {
        for (const { number, state } of [...model.live]) if (state === 'waiting' && random.chance(0.2)) worlds.deleteQueued(number)
      } else {
        for (const { number, container } of [...model.live]) if (container) worlds.answer(container, number)
      }
    }
    worlds.assertAtRest()
  }

  /** The manager's end: it drains, some more steps happen, everything ends, everybody goes. */
  finish(): void {
    const { worlds, random } = this
    worlds.drain()
    for (let i = 0; i < 20; i++) this.one()
    this.comeToRest()
    const farewells = [
      ...worlds.model.containers.map((container) => () => worlds.disconnect(container)),
      ...NAMES.map((name) => () => worlds.unregister(name)),
      ...OWNERS.map((owner) => () => worlds.dropOwner(owner)),
    ]
    while (farewells.length > 0) farewells.splice(random.integer(0, farewells.length - 1), 1)[0]?.()
    worlds.assertEmpty()
  }

  private readonly enqueue = (): void => {
    const { random, worlds } = this
    const registered = worlds.model.queues
    if (registered.length === 0) return this.register()
    const ownLimitMs = random.chance(this.ownLimits) ? random.pick([1, 5, 20, 100, 1000, 300_000]) : 0
    const request = this.newRequest(random.chance(0.05) ? this.numberInHand() : undefined)
    worlds.enqueue({ ...request, ownLimitMs }, random.pick(registered).settings.name)
  }

  /** A container that came back names what it has in hand: numbers of an earlier manager, or of a request that waits again. */
  private readonly hold = (): void => {
    const number = this.random.chance(0.6) ? ++this.lastNumber : this.anyNumber()
    this.withContainer((container) => this.worlds.hold(container, number))
  }

  /** The application sends again what a container has: mostly what that one holds for nobody. */
  private readonly attach = (): void => {
    const { random, worlds } = this
    const registered = worlds.model.queues
    if (registered.length === 0) return
    this.withContainer((container) => {
      const held = random.chance(0.9) ? worlds.model.heldForNobody(container) : worlds.model.held(container)
      const numbers = held.map(({ number }) => number).filter((number) => !this.isOpen(number))
      const request = this.newRequest(numbers.length > 0 && random.chance(0.8) ? random.pick(numbers) : undefined)
      worlds.attach(container, request, random.pick(registered).settings.name)
      if (random.chance(0.3)) worlds.answer(container, request.number)
    })
  }

  private readonly drop = (): void =>
    this.withContainer((container) => {
      const [held] = this.worlds.model.heldForNobody(container)
      this.worlds.drop(container, held?.number ?? this.anyNumber())
    })

  private readonly giveBack = (): void =>
    this.withContainer((container) => {
      const held = this.worlds.model.held(container)
      const known = held.length > 0 && this.random.chance(0.9)
      this.worlds.giveBack(container, known ? this.random.pick(held).number : this.anyNumber())
    })

  private newRequest(number = ++this.lastNumber): ModelRequest {
    const { random } = this
    const bytes = random.pick([0, 1, 10, 100, 1000])
    return { number, owner: random.pick(OWNERS), bytes, ownLimitMs: 0, attempt: random.chance(0.1) ? 1 : 0, inParts: random.chance(0.3) }
  }

  /** A number that some container has, and whose request has ended or is nobody's: a confused application uses it again. */
  private numberInHand(): number | undefined {
    const numbers = this.worlds.model.live.filter(({ number }) => !this.isOpen(number)).map(({ number }) => number)
    return numbers.length > 0 ? this.random.pick(numbers) : undefined
  }

  private isOpen(number: number): boolean {
    return this.worlds.model.live.some((live) => live.number === number && isOpen(live))
  }

  private readonly answer = (): void => {
    const held = this.worlds.model.live.filter(({ container }) => container)
    if (held.length === 0) return this.passALittle()
    const { number, container } = this.random.pick(held)
    this.worlds.answer(container as ModelContainer, number)
    if (this.random.chance(0.05)) this.worlds.answer(container as ModelContainer, number)
  }

  private readonly taken = (): void => {
    const held = this.worlds.model.live.filter(({ container }) => container)
    if (held.length === 0 || this.random.chance(0.05))
      return this.withContainer((container) => this.worlds.taken(container, this.anyNumber()))
    const { number, container } = this.random.pick(held)
    this.worlds.taken(container as ModelContainer, number)
    if (this.random.chance(0.05)) this.worlds.taken(container as ModelContainer, number)
  }

  /** Any number by any container: mostly not one that it holds. */
  private readonly answerWrongly = (): void => {
    this.withContainer((container) => this.worlds.answer(container, this.anyNumber()))
  }

  private readonly started = (): void => {
    this.withContainer((container) => this.worlds.started(container, [this.anyNumber(), this.anyNumber(), this.lastNumber]))
  }

  /** Mostly several that come next; now and then one that comes again, behind a gap, or of what is no stream. */
  private readonly part = (): void => {
    const { random, worlds } = this
    const streams = worlds.model.live.filter(({ stream, container }) => stream && container)
    if (streams.length === 0) return this.withContainer((container) => worlds.part(container, this.anyNumber(), 0, 1, true))
    const { number, stream, container } = random.pick(streams)
    const bytes = random.pick([0, 10, 10, 300_000, 2_000_000])
    for (let left = random.pick([1, 1, 5, 20]); left > 0; left--) {
      const part = (stream?.next ?? 0) + (random.chance(0.1) ? random.integer(-2, 2) : 0)
      worlds.part(container as ModelContainer, number, Math.max(0, part), bytes, !random.chance(0.05))
    }
  }

  /** It has taken some, or misses one; sometimes it says what was never so. */
  private readonly readerSays = (): void => {
    const { random, worlds } = this
    const number = this.anyNumber()
    const { next = 3, taken = 0 } = worlds.model.live.find((live) => live.number === number)?.stream ?? {}
    const place = random.chance(0.1) ? random.integer(0, 1_000) : random.integer(taken, next)
    if (random.chance(0.3)) worlds.rewind(number, place)
    else worlds.take(number, place)
  }

  private readonly cancel = (): void => {
    this.worlds.cancel(this.anyNumber())
  }

  private readonly deleteQueued = (): void => {
    this.worlds.deleteQueued(this.anyNumber())
  }

  /** Quarters of a millisecond: sums of them are exact, so both sides agree on what is due. */
  private readonly passALittle = (): void => this.worlds.pass(this.random.integer(0, 80) / 4)

  private readonly passMuch = (): void => this.worlds.pass(this.random.pick([50, 500, 5000, 81_920, 100_000, 1_000_000]))

  private readonly connect = (): void => {
    const { random, worlds } = this
    if (worlds.model.containers.length >= MOST_CONTAINERS) return this.disconnect()
    const serves = new Map<string, boolean>()
    for (const name of NAMES) if (random.chance(0.6)) serves.set(name, random.chance(0.15))
    if (serves.size === 0) serves.set(random.pick(NAMES), false)
    worlds.connect({ id: `c${++this.lastContainer}`, credits: random.integer(1, 4), serves, accepting: random.chance(0.5), answered: 0 })
  }

  private readonly disconnect = (): void => this.withContainer((container) => this.worlds.disconnect(container))

  private readonly register = (): void => {
    const { random, worlds } = this
    const settings: QueueSettings = {
      name: random.pick(NAMES.slice(0, -1)),
      configName: 'config',
      acceptsInput: !random.chance(0.03),
      loop: random.chance(0.03),
      sink: random.chance(0.3),
      source: false,
      redeliver: random.chance(0.5),
      sendTimeoutMs: random.pick(LIMITS_MS),
      responseTimeoutMs: random.pick(LIMITS_MS),
      limit: random.pick([0, 1, 3, 8, 8, 20, 20, 20]),
      limitBytes: random.pick([0, 100, 2000, 2000, 1e6, 1e6, 1e6, 1e6]),
    }
    worlds.register(settings)
  }

  private withContainer(run: (container: ModelContainer) => void): void {
    const { containers } = this.worlds.model
    if (containers.length > 0) run(this.random.pick(containers))
  }

  /** A recent request's number: often one that is still somewhere, sometimes one that has long ended. */
  private anyNumber(): number {
    const { live } = this.worlds.model
    if (live.length > 0 && this.random.chance(0.7)) return this.random.pick(live).number
    return this.random.integer(Math.max(1, this.lastNumber - 50), Math.max(1, this.lastNumber))
  }
}
