import type { SeededRandom } from '@aicluster/testing'
import type { QueueSettings } from '../inference-queue'
import type { PairedWorlds } from './paired-worlds'
import type { ModelContainer } from './reference-model'

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
  private readonly steps: { weight: number; run: () => void }[]
  private readonly totalWeight: number
  private readonly ownLimits: number
  private lastNumber = 0
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
      taste(3, this.started),
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
    const bytes = random.pick([0, 1, 10, 100, 1000])
    worlds.enqueue({ number: ++this.lastNumber, owner: random.pick(OWNERS), bytes, ownLimitMs }, random.pick(registered).settings.name)
  }

  private readonly answer = (): void => {
    const held = this.worlds.model.live.filter(({ container }) => container)
    if (held.length === 0) return this.passALittle()
    const { number, container } = this.random.pick(held)
    this.worlds.answer(container as ModelContainer, number)
    if (this.random.chance(0.05)) this.worlds.answer(container as ModelContainer, number)
  }

  /** Any number by any container: mostly not one that it holds. */
  private readonly answerWrongly = (): void => {
    this.withContainer((container) => this.worlds.answer(container, this.anyNumber()))
  }

  private readonly started = (): void => {
    this.withContainer((container) => this.worlds.started(container, [this.anyNumber(), this.anyNumber(), this.lastNumber]))
  }

  private readonly cancel = (): void => {
    if (this.lastNumber > 0) this.worlds.cancel(this.anyNumber())
  }

  private readonly deleteQueued = (): void => {
    if (this.lastNumber > 0) this.worlds.deleteQueued(this.anyNumber())
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
