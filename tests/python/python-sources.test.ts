import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { numbersOf, take, upTo } from '../worlds/bursts'
import { eventually } from '../worlds/eventually'
import { startWorld, type World } from '../worlds/world'
import { expectOrder, inPython, missingHere, python, startPython } from './python-world'

const BODY = Uint8Array.of(1)
const SOURCE = { input: null, output: 'Main', env: { PEER_PUBLISHES: 'yes' } } as const
const SINK = { input: 'Main', output: null } as const
const managerJson = (world: World) => join(world.stateFolder, 'manager.json')

describeUnless(missingHere(), 'sources and sinks in Python', () => {
  describe.each(['ipc', 'tcp'] as const)('over %s', (transport) => {
    let world: World

    beforeAll(async () => {
      world = await startWorld({ transport })
      await world.cluster.loadInference([inPython('source', SOURCE), inPython('sink', SINK)], 'board1')
    })
    afterEach(() => expectOrder(world))
    afterAll(() => world[Symbol.asyncDispose]())

    it('a source is read by ours, arrays too', async () => {
      await using readings = await world.cluster.subscribe('source')

      const results = await take(readings, 10)

      const [first] = numbersOf(results) as [number]
      expect(numbersOf(results)).toEqual(upTo(10, first))
      const frame = { dtype: 'uint8', shape: [2, 2], data: new Uint8Array(4).fill(first % 256) }
      expect(results[0]?.result).toMatchObject({ n: first, frame: { dtype: frame.dtype, shape: frame.shape } })
    })

    it('a source is read by an application in Python; a sink takes what that sends', async () => {
      const seen = await python<Record<string, unknown>>('client.py', managerJson(world), 'subscribe', '{"source":"source","sink":"sink"}')

      const [first] = seen.numbers as [number]
      expect(seen).toMatchObject({
        numbers: upTo(20, first),
        metadata: upTo(20, first),
        frames: true,
        times: true,
        unknown: { code: 300 },
        no_source: { code: 302 },
        taken: null,
        open: 0,
      })
    })

    it('a sink has taken a request at its beginning, and holds its credit to the end', async () => {
      const journal = join(world.folder, 'journal')
      const options = { mode: 'noted', journal, tag: 'one', ms: 300 }

      expect(await world.cluster.infer('sink', BODY, options)).toMatchObject({ result: null })

      expect(await world.credits('sink')).toEqual({ free: 0, inFlight: 1 })
      await world.atRest()
      expect(existsSync(journal) && readFileSync(journal, 'utf8')).toBe('one\n')
      expect(await world.counter('late_responses_total')).toBe(0)
    })
  })

  it('a subscription goes on over the death of the manager, and ends when the source is unloaded', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('source', SOURCE), 'board1')
    const follower = startPython<{ code: number; numbers: number[] }>('client.py', managerJson(world), 'follow', '{"source":"source"}')
    const sent = async () => ((await world.counter('published_sent_total')) > 5 ? true : undefined)
    await eventually('some results', sent)

    await world.endManager('SIGKILL')
    await world.startManager()
    await eventually('more of them', sent)
    await world.cluster.unloadInference()

    const { code, numbers } = await follower.printed
    expect(code).toBe(300)
    expect(numbers.length).toBeGreaterThan(8)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  })
})
