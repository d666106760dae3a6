import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { boardOf, containersOn, contentOf, registeredFiles, timed, untilServing, untilState } from './board-facts'
import { type BrokenBoard, brokenBoards, undoBroken } from './broken-boards'
import { boardEntry, dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'
import { SteadyWork } from './steady-work'

const SETUP_LIMIT_MS = 120_000
/** In so many ms a command that needs a board out of reach is refused. */
const REFUSED_MS = 4_000
/** The slowest of them, a machine that takes connections and says nothing, is known after 5 s. */
const KNOWN_MS = 10_000
/** A look at a board is three tries of a connection at most, each with its limit. */
const LOOKED_MS = 15_000
/** What the manager has logged, and when it was ready (ms). */
function loggedBy({ manager }: World): { readyAtMs: number; lines: { time: number; board?: string; reason?: string }[] } {
  const lines = manager.log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
  return { readyAtMs: lines.find(({ msg }) => msg === 'ready').time, lines }
}

/** Tries come every 10 s at least. */
const BACK_MS = 20_000

describeUnless(rigMissing, 'boards that keep the manager out', () => {
  let world: World
  let broken: BrokenBoard[]
  let work: SteadyWork
  const folder = mkdtempSync(join(tmpdir(), 'aicr-'))
  let known: string[]
  /** Every file of host keys: those of the entries, and the manager's own. */
  const knownHosts = () => {
    const files = broken.map(({ entry }) => String(entry.known_hosts)).concat(world ? join(world.stateFolder, 'known_hosts') : [])
    return files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'))
  }
  const names = () => broken.map(({ entry }) => entry.name)
  /** Up, or, as one machine is one board, found to be the machine of another one of them. */
  const isLetIn = async (name: string) => {
    const board = await boardOf(world, name)
    return board?.state === 'up' || /its Docker Engine is that of board "\w+" already/.test(board?.reason ?? '')
  }
  const content = async () => [...(await contentOf(sharedRig().board(2))), ...(await contentOf(sharedRig().board(3)))]

  beforeAll(async () => {
    await Promise.all([2, 3].map((number) => sharedRig().board(number).restore()))
    broken = await brokenBoards(folder)
    for (const { spoil } of broken) await spoil?.()
    known = knownHosts()
    world = await startRigWorld({
      boards: [1],
      config: { boards: [boardEntry(sharedRig().board(1)), ...broken.map(({ entry }) => entry)] },
    })
    await untilState(world, 'board1', 'up')
    await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board1')
    work = new SteadyWork(world, 'echo')
  }, SETUP_LIMIT_MS)
  afterAll(async () => {
    await work?.end()
    await world?.[Symbol.asyncDispose]()
    await undoBroken()
    rmSync(folder, { recursive: true })
  }, SETUP_LIMIT_MS)

  it('are shown as down, each with its reason, soon after the manager has started', async () => {
    for (const { entry, reason } of broken) {
      await eventually(
        `the reason of ${entry.name}`,
        async () => {
          const board = await boardOf(world, entry.name)
          return (
            (board?.state === 'down' && reason.test(board.reason ?? '')) || Promise.reject(new Error(`${board?.state}: ${board?.reason}`))
          )
        },
        KNOWN_MS,
      )
    }
    const { readyAtMs, lines } = loggedBy(world)
    for (const { entry, reason } of broken) {
      const line = lines.find(({ board, reason: why }) => board === entry.name && reason.test(why ?? ''))
      expect((line?.time ?? Number.POSITIVE_INFINITY) - readyAtMs, entry.name).toBeLessThan(KNOWN_MS)
    }
  })

  it('refuse a load with board and cause in time; registry and boards stay as they were', async () => {
    const before = { files: registeredFiles(world), content: await content(), first: await containersOn(sharedRig().board(1)) }
    const config = await dockerConfig('echo', 'other')

    const refusals = await Promise.all(names().map((name) => timed(world.cluster.loadInference({ ...config, name: `on-${name}` }, name))))
    const everywhere = await timed(world.cluster.loadInference({ ...config, name: 'everywhere' }, 'all'))

    for (const [index, { entry, reason }] of broken.entries()) {
      const { error, tookMs } = refusals[index] ?? (await timed(Promise.resolve()))
      expect(error, entry.name).toMatchObject({ code: 500, message: expect.stringContaining(`board "${entry.name}": `) })
      expect(error.message, entry.name).toMatch(reason)
      expect(tookMs, entry.name).toBeLessThan(REFUSED_MS)
    }
    expect(everywhere.error).toMatchObject({ code: 500, message: expect.stringMatching(new RegExp(`board "(${names().join('|')})": `)) })
    expect(everywhere.tookMs).toBeLessThan(REFUSED_MS)
    expect({ files: registeredFiles(world), content: await content(), first: await containersOn(sharedRig().board(1)) }).toEqual(before)
    expect(readdirSync(join(world.stateFolder, 'files'))).toEqual([])
    expect(knownHosts()).toEqual(known)
  })

  it('are told apart by a check, with what to do', async () => {
    const startedAt = performance.now()
    const probes = await world.cluster.checkBoards()
    expect(performance.now() - startedAt).toBeLessThan(LOOKED_MS)

    expect(probes.find(({ name }) => name === 'board1')).toMatchObject({ hostKey: { state: 'accepted' } })
    for (const { entry, check } of broken) {
      const probe = probes.find(({ name }) => name === entry.name)
      const problem = probe?.problems.find(({ what }) => check.what.test(what))
      expect(problem, `${entry.name}: ${JSON.stringify(probe?.problems)}`).toBeDefined()
      expect(problem?.cure, entry.name).toMatch(check.cure)
    }
    // Nobody has accepted a key.
    expect(knownHosts()).toEqual(known)
  })

  it('come by themselves when that is mended, and nothing else was disturbed', async () => {
    for (const { mend } of broken) await mend(world)
    for (const name of names()) await eventually(`${name} comes`, () => isLetIn(name), BACK_MS)
    const up = (await world.cluster.getCoprocessorHandler()).filter(({ state }) => state === 'up').map(({ name }) => name)
    expect(up).toHaveLength(3)

    await world.cluster.loadInference(
      await dockerConfig('echo', 'later'),
      up.filter((name) => name !== 'board1'),
    )
    await untilServing(world, 'later')

    const { answers, failures } = await work.end()
    expect(failures).toEqual([])
    expect(answers).toBeGreaterThan(50)
    await world.settle()
  })
})
