import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { PROGRAM } from '../cli/aicluster'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { boardOf, containersOn, contentOf, startsOf, untilState } from './board-facts'
import { inContainer } from './on-board'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const BODY = Uint8Array.of(1)
/** In so many ms a cut is noticed. */
const NOTICED_MS = 4_000
const BACK_MS = 20_000

/** `aicluster logs -f` as somebody sees it. */
function follow(world: World, container: string, waitMs: number) {
  const words = [PROGRAM, 'logs', container, '-f', '--wait', String(waitMs)]
  const env = { ...process.env, AICLUSTER_STATE: world.stateFolder }
  const program = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const heard = { lines: '', notes: '' }
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard.lines += text
  })
  program.stderr.setEncoding('utf8').on('data', (text: string) => {
    heard.notes += text
  })
  const ended = once(program, 'exit').then(([code]) => code as number | null)
  return { heard, ended, interrupt: () => program.kill('SIGINT') }
}

/** What the manager's metrics say of the load, memory and disk of a board. */
async function figuresOf(world: World, board: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${(await world.metrics()).adminUrl}/metrics`)).text()
  const rows = text.matchAll(new RegExp(`^aicluster_board_(\\w+)\\{board="${board}"(?:,driver="ssh")?\\} (\\S+)$`, 'gm'))
  return Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)]))
}

describeUnless(rigMissing, 'a board that is cut off, as its user sees it', () => {
  it('tells no figures, its log goes on where it was, and by force its containers are forgotten, and swept once it is back', async () => {
    await using world = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(world, 'board1', 'up')
    await world.cluster.loadInference(await dockerConfig('talker', 'talks'), 'board1')
    const print = (text: string) => inContainer(board, 'talks-board1', 'sh', '-c', `echo ${text} >/proc/1/fd/1`)
    const telemetry = await eventually('its figures', async () => (await boardOf(world, 'board1'))?.telemetry, BACK_MS)
    const figures = await figuresOf(world, 'board1')

    expect(telemetry.load).toHaveLength(3)
    expect(telemetry.memoryUsedBytes).toBeGreaterThan(0)
    expect(telemetry.memoryUsedBytes).toBeLessThan(telemetry.memoryTotalBytes as number)
    expect(telemetry.diskFreeBytes).toBeLessThan(telemetry.diskTotalBytes as number)
    expect(figures).toMatchObject({
      up: 1,
      load1: expect.any(Number),
      memory_total_bytes: telemetry.memoryTotalBytes,
      disk_total_bytes: telemetry.diskTotalBytes,
    })

    const patient = follow(world, 'talks-board1', 60_000)
    await print('before')
    await eventually('the first line', () => patient.heard.lines === 'before\n', BACK_MS)
    await board.cut()
    await untilState(world, 'board1', 'down', NOTICED_MS + 1_000)
    await print('meanwhile')

    expect(await boardOf(world, 'board1')).toMatchObject({ telemetry: null })
    expect(await figuresOf(world, 'board1')).toEqual({ up: 0 })
    await eventually('it to be said', () => /board "board1".*waiting for it/.test(patient.heard.notes))
    await board.heal()
    await eventually('what was printed meanwhile', () => patient.heard.lines === 'before\nmeanwhile\n', BACK_MS)
    await print('after')
    await eventually('what comes then', () => patient.heard.lines.endsWith('after\n'))
    patient.interrupt()
    expect(await patient.ended).toBe(0)
    expect(patient.heard.lines).toBe('before\nmeanwhile\nafter\n')
    expect(await figuresOf(world, 'board1')).toMatchObject({ up: 1 })

    const impatient = follow(world, 'talks-board1', 1_000)
    await eventually('the whole log', () => impatient.heard.lines === 'before\nmeanwhile\nafter\n', BACK_MS)
    const cutAt = performance.now()
    await board.cut()

    expect(await impatient.ended).toBe(1)
    expect(performance.now() - cutAt).toBeLessThan(1_000 + 2 * NOTICED_MS)
    expect(impatient.heard.notes).toMatch(/500.*board "board1"/s)
    await expect(world.cluster.unloadInference()).rejects.toMatchObject({ code: 500 })
    const remaining = await world.cluster.unloadInference({ force: true })
    expect([...remaining]).toEqual([])
    expect(remaining.forgotten).toEqual([
      { suffixName: 'talks-board1', coprocessorName: 'board1', reason: expect.stringContaining('board "board1"') },
    ])
    expect(remaining.images).toEqual([])
    expect(world.inferenceFiles).toEqual([])
    expect(Object.keys(await containersOn(board))).toEqual(['aicluster-talks-board1'])

    await board.heal()
    await eventually('the sweep', async () => Object.keys(await containersOn(board)).length === 0, BACK_MS)
    await eventually('no file of it', async () => !(await contentOf(board)).some((line) => line.includes('talks')))
    await world.atRest()
  })
})

describeUnless(rigMissing, 'a manager that is killed in the middle of a replacement on a board', () => {
  it('finds what ran before, with its files, and nothing is left of what was to come', async () => {
    await using world = await startRigWorld({ boards: [1] })
    const board = sharedRig().board(1)
    await untilState(world, 'board1', 'up')
    const strategies = { first: 'kill-then-start', second: 'start-then-kill' } as const
    const names = ['first', 'second'] as const
    for (const name of names) {
      await world.cluster.loadInference(await dockerConfig('echo', name, { replacement: strategies[name], sendTimeout: 30_000 }), 'board1')
    }
    const before = { containers: await containersOn(board), content: await contentOf(board) }
    const started = await startsOf(board, 'aicluster-second-board1')
    const giveUp = new AbortController()
    const given = names.map(async (name) => {
      const silent = await dockerConfig('silent', name, { replacement: strategies[name], forceUpdate: true, startTimeout: 60_000 })
      return world.cluster.loadInference(silent, 'board1', { signal: giveUp.signal }).catch((error) => error)
    })
    const running = ['aicluster-before-first-board1', 'aicluster-first-board1', 'aicluster-second-board1', 'aicluster-second-board1-2']
    await eventually(
      'both new containers to run',
      async () => {
        const { stdout } = await board.exec(['docker', 'ps', '--format', '{{.Names}}'])
        // The old one of the first has the name of the new one until it is set aside.
        const isSetAside = 'aicluster-before-first-board1' in (await containersOn(board))
        return isSetAside && running.every((name) => name.includes('before') || stdout.split('\n').includes(name))
      },
      BACK_MS,
    )
    expect(Object.keys(await containersOn(board)).sort()).toEqual(running)
    await world.endManager('SIGKILL')
    giveUp.abort()
    for (const outcome of await Promise.all(given)) expect(outcome).toMatchObject({ code: 312 })
    // As if it had put files as well: half of them are in their places, and were not to be kept.
    const at = '/root/.aicluster/*/containers'
    const half = `cd ${at} && mkdir -p .put-second-board1/old && mv second-board1/app/echo.mjs .put-second-board1/old/ && echo half >second-board1/app/echo.mjs`
    expect(await board.exec(['sh', '-c', half])).toMatchObject({ code: 0 })

    await world.startManager()
    await eventually('the application', () => world.cluster.isConnected)
    for (const name of names)
      await expect(world.cluster.infer(name, BODY)).resolves.toMatchObject({ result: { container: `${name}-board1` } })
    await untilState(world, 'board1', 'up')
    await eventually('nothing else there', async () => JSON.stringify(await contentOf(board)) === JSON.stringify(before.content), BACK_MS)

    expect(await containersOn(board)).toEqual(before.containers)
    expect(await startsOf(board, 'aicluster-second-board1')).toBe(started)
    const { stdout } = await board.exec(['sh', '-c', `cmp ${at}/first-board1/app/echo.mjs ${at}/second-board1/app/echo.mjs && echo same`])
    expect(stdout).toBe('same\n')
    await world.cluster.unloadInference({ deleteImage: false })
    await world.atRest()
  })
})
