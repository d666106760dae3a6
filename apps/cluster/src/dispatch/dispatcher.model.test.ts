import { freshSeed, seededRandom } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { PairedWorlds } from './test/paired-worlds'
import { RandomSteps } from './test/random-steps'

const STEPS_OF_A_WORLD = 500
const LINES_KEPT = 60
/** Every kind of event: the fixed seed must have seen them all, else the test proves less than it seems to. */
const KINDS = [
  'hand-out',
  'second-hand-out',
  'keep',
  'result',
  'taken',
  'part',
  'skip',
  'echo',
  'cancel',
  'hung',
  'returned',
  'connectionFailed',
  'sendQueueFull',
  'sessionFull',
  'sendQueueTimeout',
  'queueDeleted',
  'requestTimeout',
  'unregisteredInference',
  'responseTimeout',
  'containerDisconnect',
  'inferenceTakesNoInput',
  'invalidParameter',
]

const DEFAULT_STEPS = 10_000
const steps = integerFromEnvironment('AICLUSTER_MODEL_STEPS', 1) ?? DEFAULT_STEPS
const givenSeed = integerFromEnvironment('AICLUSTER_MODEL_SEED', 0)
const FIXED_SEED = 1
const seeds: [which: string, seed: number][] =
  givenSeed === undefined
    ? [
        ['the fixed seed', FIXED_SEED],
        ['a fresh seed', freshSeed()],
      ]
    : [['the given seed', givenSeed]]

describe('the dispatcher', () => {
  it.each(seeds)(
    `does what the reference model does, for ${steps} random steps from %s %d`,
    (_which, seed) => {
      const startedAt = performance.now()
      const counts = new Map<string, number>()
      // A world's seed is the first one's plus its place: a failure names its own, which then is the first one's.
      for (let done = 0, worldSeed = seed; done < steps; done += STEPS_OF_A_WORLD, worldSeed++) {
        runWorld(worldSeed, Math.min(STEPS_OF_A_WORLD, steps - done), counts)
      }
      const seen = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')
      console.log(`model test: seed ${seed}, ${steps} steps in ${Math.round(performance.now() - startedAt)} ms: ${seen}`)

      const wanted = seed === FIXED_SEED && steps >= DEFAULT_STEPS ? KINDS : ['hand-out']
      expect(wanted.filter((kind) => !counts.has(kind))).toEqual([])
    },
    60_000 + steps,
  )
})

/** One world from its beginning until nothing is left of it. Adds what happened to `counts`. */
function runWorld(seed: number, steps: number, counts: Map<string, number>): void {
  const random = seededRandom(seed)
  const lines: string[] = []
  const note = (line: string) => {
    lines.push(line)
    if (lines.length > 4 * LINES_KEPT) lines.splice(0, 3 * LINES_KEPT)
  }
  const worlds = new PairedWorlds(random.integer(0, 1e9) / 4, note, RandomSteps.owners, RandomSteps.limits(random))
  try {
    const randomSteps = new RandomSteps(random, worlds)
    randomSteps.begin()
    for (let i = 0; i < steps; i++) randomSteps.one()
    randomSteps.finish()
  } catch (error) {
    const again = `AICLUSTER_MODEL_SEED=${seed} AICLUSTER_MODEL_STEPS=${steps}`
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`${message}\nagain: ${again}\nthe last steps, each with its events:\n${lines.slice(-LINES_KEPT).join('\n')}`, {
      cause: error,
    })
  }
  for (const [kind, count] of worlds.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
}

function integerFromEnvironment(name: string, least: number): number | undefined {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`${name} is "${text}", it must be an integer of ${least} or more`)
  return value
}
