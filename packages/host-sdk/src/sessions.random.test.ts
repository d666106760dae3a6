import { RecordKind } from '@aicluster/protocol'
import { eventually, freshSeed, type SeededRandom, seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { FakeWorld } from '../test/fake-world'

const SEED = Number(process.env.AICLUSTER_SEED ?? freshSeed())
const STEPS = Number(process.env.AICLUSTER_SESSION_STEPS ?? 1_500)
const MAX_PENDING = 50

/** Everything that has happened to one request of the application. */
interface Asked {
  text: string
  outcomes: (string | number)[]
}

/** An application that asks, and a manager that answers, loses, doubles, forgets and goes, at random. */
class RandomWorld {
  readonly asked: Asked[] = []
  /** Requests that the manager has taken and not answered: number and text. */
  private toAnswer = new Map<number, string>()
  private readonly abortable: AbortController[] = []
  private loseRate = 0.05

  constructor(
    private readonly world: FakeWorld,
    private readonly random: SeededRandom,
  ) {
    const { manager } = world
    manager.loses = () => random.chance(this.loseRate)
    manager.onRequest = ({ request, body }) => this.toAnswer.set(request, body.toString())
  }

  async step(): Promise<void> {
    const { random, world } = this
    const dice = random.integer(0, 999)
    if (dice < 450) this.ask()
    else if (dice < 800) this.answer()
    else if (dice < 840) this.loseAnswer()
    else if (dice < 870) this.abortOne()
    else if (dice < 880) world.manager.signal('inference', RecordKind.resync)
    else if (dice < 890) world.manager.signal('inference', RecordKind.ping)
    else if (dice < 892) world.loseNextOfApplication()
    else if (dice < 894) await this.away('cut')
    else if (dice < 898) await this.away('restart')
    else if (dice < 900) await this.away('expire')
    else await new Promise((resolve) => setTimeout(resolve, random.integer(0, 2)))
  }

  /** No more faults: whatever is open gets its outcome. */
  async settle(): Promise<void> {
    this.loseRate = 0
    this.world.manager.signal('inference', RecordKind.resync)
    await eventually(
      'every outcome',
      () => {
        while (this.toAnswer.size > 0) this.answer()
        return this.world.cluster.openRequests + this.world.cluster.waitingRequests === 0
      },
      15_000,
    )
  }

  private ask(): void {
    const { cluster } = this.world
    if (this.asked.filter(({ outcomes }) => outcomes.length === 0).length > 3 * MAX_PENDING) return
    const asked: Asked = { text: `request ${this.asked.length}`, outcomes: [] }
    const data = Buffer.from(asked.text)
    this.asked.push(asked)
    if (this.random.chance(0.3)) {
      try {
        cluster.inferAsync('digits', data, {}, (code, _message, result) => asked.outcomes.push(code || (result as string)))
      } catch (error) {
        asked.outcomes.push((error as { code: number }).code)
      }
      return
    }
    const giveUp = new AbortController()
    this.abortable.push(giveUp)
    const options = { signal: giveUp.signal, ...(this.random.chance(0.1) ? { timeout: this.random.integer(1, 400) } : {}) }
    cluster.infer('digits', data, {}, options).then(
      ({ result }) => asked.outcomes.push(result as string),
      ({ code }: { code: number }) => asked.outcomes.push(code),
    )
  }

  private answer(): void {
    const [number, text] = this.someRequest()
    if (number === undefined) return
    this.world.manager.answer(number, text)
    if (this.random.chance(0.05)) this.world.manager.answer(number, text)
  }

  private loseAnswer(): void {
    const [number, text] = this.someRequest()
    if (number !== undefined) this.world.manager.loseAnswer(number, text)
  }

  private someRequest(): [number, string] | [undefined, ''] {
    const numbers = [...this.toAnswer.keys()]
    const number = numbers[this.random.integer(0, Math.max(0, numbers.length - 1))]
    if (number === undefined) return [undefined, '']
    const text = this.toAnswer.get(number) as string
    this.toAnswer.delete(number)
    return [number, text]
  }

  private abortOne(): void {
    this.abortable.splice(this.random.integer(0, this.abortable.length), 1)[0]?.abort()
  }

  private async away(how: 'cut' | 'restart' | 'expire'): Promise<void> {
    const { manager } = this.world
    await this.world.cut()
    if (how === 'restart') manager.forgetEverything()
    if (how === 'expire') manager.dropSessions()
    if (how !== 'cut') this.toAnswer.clear()
    await this.world.comeBack()
  }
}

describe('an application beside a manager that loses, doubles, forgets and goes', () => {
  it(`has one right outcome for each request, and sends nothing that is known (seed ${SEED}, AICLUSTER_SEED repeats it)`, async () => {
    await using world = await FakeWorld.start({ maxPending: MAX_PENDING })
    const random = new RandomWorld(world, seededRandom(SEED))
    for (let i = 0; i < STEPS; i++) await random.step()
    await random.settle()

    const { asked } = random
    expect(asked.length).toBeGreaterThan(STEPS / 5)
    for (const { text, outcomes } of asked) {
      expect(outcomes, text).toHaveLength(1)
      expect([text, 305, 312, 313, 314]).toContain(outcomes[0])
    }
    expect(asked.filter(({ text, outcomes }) => outcomes[0] === text).length).toBeGreaterThan(asked.length / 4)
    expect(world.manager.repeated).toEqual([])
  })
})
