import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnswerFiles } from './answer-files'
import { eventually } from './eventually'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)
/** More than is copied between two looks. */
const LARGE_BYTES = 128 * 1024 * 1024

const foldersOf = (world: World, board = 'board1') => readdirSync(join(world.stateFolder, 'boards', board)).sort()
const keptFiles = (world: World) => readdirSync(join(world.stateFolder, 'files')).sort()
const answerOf = async (world: World, name: string) => ((await world.cluster.infer(name, BODY)).result as { answer: string }).answer

/** What the container's program reads when it is started. */
const answerThere = (world: World) => readFileSync(join(world.stateFolder, 'boards', 'board1', 'digits-board1', 'answer.txt'), 'utf8')

/** The process that its folder records. */
const recordedPid = (world: World): number =>
  JSON.parse(readFileSync(join(world.stateFolder, 'boards', 'board1', 'digits-board1', 'process.json'), 'utf8')).pid

/** What stands in the cluster's files, but for tokens: a container that was started anew has another one. */
const registered = (world: World): string[] =>
  world.inferenceFiles.map((file) =>
    readFileSync(join(world.stateFolder, 'inferences', file), 'utf8').replace(/"token_sha256": "\w+"/g, '"token_sha256": ""'),
  )

/** A command that is given up once its manager is dead, or the next one would carry it out. */
async function killDuring(world: World, moment: () => Promise<unknown>, ...commands: ((signal: AbortSignal) => Promise<unknown>)[]) {
  const giveUp = new AbortController()
  const given = commands.map((command) => command(giveUp.signal).catch((error) => error))
  await moment()
  await world.endManager('SIGKILL')
  giveUp.abort()
  for (const outcome of await Promise.all(given)) expect(outcome).toMatchObject({ code: 312 })
}

const startAgain = async (world: World) => {
  await world.startManager()
  await eventually('the application', () => world.cluster.isConnected)
}

describe('a manager that is killed in the middle of a replacement', () => {
  it('before the new container is ready: the old one runs, with its files, and what waits is answered', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    const strategies = { first: 'kill-then-start', second: 'start-then-kill' } as const
    const names = ['first', 'second'] as const
    for (const name of names) {
      await world.load('reader', name, { scriptPath: files.scripts('loaded'), replacement: strategies[name] })
      await world.cluster.putFile(name, { other: files.write('put') })
      await world.cluster.reloadInference(name)
    }
    const before = { folders: foldersOf(world), registered: registered(world), second: await world.pids('second') }
    const replace = (name: (typeof names)[number]) => (signal: AbortSignal) =>
      world.cluster.loadInference(
        world.config('reader', name, { scriptPath: files.scripts('hangs'), replacement: strategies[name], forceUpdate: true }),
        'board1',
        { signal },
      )
    const hanging = () => eventually('both new programs', () => world.containerProcesses.length === 3 && foldersOf(world).length === 4)
    let answers: Promise<string>[] = []

    await killDuring(
      world,
      async () => {
        await hanging()
        answers = names.map((name) => answerOf(world, name))
      },
      ...names.map(replace),
    )
    await startAgain(world)

    expect(await Promise.all(answers)).toEqual(['put', 'put'])
    expect(foldersOf(world)).toEqual(before.folders)
    expect(registered(world)).toEqual(before.registered)
    expect(await world.pids('second')).toEqual(before.second)
    expect(world.containerProcesses).toHaveLength(2)
    expect(keptFiles(world)).toEqual(['first', 'second'])
    await world.cluster.reloadInference('first')
    expect(await answerOf(world, 'first')).toBe('put')
    await world.atRest()
  })

  it('while the old container is started again, for the new one has failed: it is taken over as it is', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first'), startTimeout: 30_000 })
    writeFileSync(join(world.stateFolder, 'boards', 'board1', 'digits-board1', 'answer.txt'), 'hangs')
    const [first] = world.containerProcesses
    const again = () =>
      eventually('it to be started again', () => {
        const there = world.containerProcesses
        return there.length === 1 && there[0] !== first && answerThere(world) === 'hangs' && recordedPid(world) === there[0]
      })

    await killDuring(world, again, (signal) =>
      world.cluster.loadInference(world.config('reader', 'digits', { scriptPath: files.scripts('broken'), forceUpdate: true }), 'board1', {
        signal,
      }),
    )
    const [second] = world.containerProcesses
    await startAgain(world)
    world.gates.openAll()

    expect(await answerOf(world, 'digits')).toBe('hangs')
    expect(world.containerProcesses).toEqual([second])
    await world.atRest()
  })

  it('after the new container is registered: it alone runs, and the files of the old one count no more', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    const replacement = 'start-then-kill'
    await world.load('gated', 'gated', { replacement })
    await world.cluster.putFile('gated', { other: files.write('put') })
    const held = world.cluster.infer('gated', BODY, { gate: 'never' })
    held.catch(() => {})
    await world.until('gated', { held: 1 })
    const isNew = async () => (await world.cluster.getContainerHandler()).some(({ suffixName }) => suffixName === 'gated-board1-2')

    await killDuring(
      world,
      () => eventually('the new one', isNew),
      (signal) =>
        world.cluster.loadInference(world.config('gated', 'gated', { replacement, maxSendNum: 2, forceUpdate: true }), 'board1', {
          signal,
        }),
    )
    await startAgain(world)
    world.gates.open('open')

    await expect(world.cluster.infer('gated', BODY)).resolves.toMatchObject({ result: { container: 'gated-board1-2' } })
    await expect(held).rejects.toMatchObject({ code: 402 })
    expect(foldersOf(world)).toEqual(['gated-board1-2'])
    expect(world.containerProcesses).toHaveLength(1)
    expect(keptFiles(world)).toEqual([])
    await world.atRest()
  })
})

describe('a manager that is killed in the middle of put_file', () => {
  it('for several inferences leaves the new files with all of them, once one has them', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    const names = ['first', 'second']
    const inferenceModules = { subInferenceName: 'shared' }
    for (const name of names) await world.load('reader', name, { scriptPath: files.scripts('old'), inferenceModules })
    await world.endManager('SIGKILL')
    const put = (...place: string[]) => {
      const folder = join(world.stateFolder, ...place)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'answer.txt'), 'new')
    }
    // Beside the containers of both; the first has its own already, of those that are kept.
    for (const name of names) put('boards', 'board1', `.put-${name}-board1`, 'new')
    put('files', 'first')
    put('files', '.new-second')
    writeFileSync(join(world.stateFolder, 'files', '.together-first'), JSON.stringify({ names, fresh: names, to: 'new' }))

    await startAgain(world)

    for (const name of names) {
      expect(readFileSync(join(world.stateFolder, 'boards', 'board1', `${name}-board1`, 'answer.txt'), 'utf8')).toBe('new')
      await world.cluster.reloadInference(name)
      expect(await answerOf(world, name)).toBe('new')
    }
    expect(keptFiles(world)).toEqual(names)
    expect(foldersOf(world)).toEqual(['first-board1', 'second-board1'])
    await world.atRest()
  })

  it('leaves the old files everywhere or the new ones, also with a container that is stopped, and nothing beside', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first') }, 'all')
    const stopped = (await world.cluster.getContainerHandler()).find(({ allocatedCoprocessor }) => allocatedCoprocessor === 'board2')
    await stopped?.stop()
    const place = (board: string, ...names: string[]) => join(world.stateFolder, 'boards', board, ...names)
    const write = (folder: string, content: Record<string, string>) => {
      mkdirSync(folder, { recursive: true })
      for (const [name, text] of Object.entries(content)) writeFileSync(join(folder, name), text)
    }
    /** What the containers have, and whether anything lies beside them. */
    const seen = () => {
      const boards = ['board1', 'board2'] as const
      const read = (board: string) =>
        ['answer.txt', 'extra.txt', 'fresh.txt'].filter((name) => existsSync(place(board, `digits-${board}`, name)))
      const answers = boards.map((board) => readFileSync(place(board, `digits-${board}`, 'answer.txt'), 'utf8'))
      return { answers, names: boards.map(read), beside: boards.flatMap((board) => foldersOf(world, board)), kept: keptFiles(world) }
    }
    const beside = ['digits-board1', 'digits-board2']
    const large = files.write('')
    truncateSync(large, LARGE_BYTES)

    // While the files are read.
    const reading = () => eventually('the files to be read', () => keptFiles(world).includes('.new-digits'))
    await killDuring(world, reading, (signal) => world.cluster.putFile('digits', { other: large }, { signal }))
    await startAgain(world)

    expect(seen()).toEqual({ answers: ['first', 'first'], names: [['answer.txt'], ['answer.txt']], beside, kept: [] })

    // With half of them in their places on each board: those that are kept have theirs already.
    await world.endManager('SIGKILL')
    write(join(world.stateFolder, 'files', 'digits'), { 'answer.txt': 'second', 'extra.txt': 'second' })
    for (const board of ['board1', 'board2']) {
      write(place(board, `.put-digits-${board}`, 'old'), { 'answer.txt': 'first' })
      write(place(board, `.put-digits-${board}`, 'new'), { 'extra.txt': 'second' })
      write(place(board, `digits-${board}`), { 'answer.txt': 'second' })
    }
    await startAgain(world)

    const both = ['answer.txt', 'extra.txt']
    expect(seen()).toEqual({ answers: ['second', 'second'], names: [both, both], beside, kept: ['digits'] })

    // While they are taken back: those that are kept are as before, and one board is not.
    await world.endManager('SIGKILL')
    write(join(world.stateFolder, 'files', '.new-digits'), { 'answer.txt': 'third' })
    write(join(world.stateFolder, 'files', 'digits'), { 'answer.txt': 'second' })
    write(place('board2', '.put-digits-board2', 'old'), { 'answer.txt': 'second' })
    mkdirSync(place('board2', '.put-digits-board2', 'old', 'fresh.txt'))
    write(place('board2', 'digits-board2'), { 'answer.txt': 'third', 'fresh.txt': 'third' })
    await startAgain(world)

    expect(seen()).toEqual({ answers: ['second', 'second'], names: [both, both], beside, kept: ['digits'] })
    await stopped?.start()
    await world.cluster.reloadInference('digits')
    expect(await answerOf(world, 'digits')).toBe('second')
    await world.atRest()
  })
})
