import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnswerFiles } from './answer-files'
import { rawCommand } from './raw-command'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

interface Handler {
  suffix_name: string
  allocated_coprocessor: string
  max_send_num: number
}
interface File {
  config: Record<string, unknown>
  boards: string[]
  containers: Record<string, unknown>[]
}

const reload = (world: World, name = 'digits'): Promise<Handler[]> =>
  rawCommand(world.cluster, { cmd: 'reload_inference', inference_name: name })
const add = (world: World, board: string, name = 'digits'): Promise<Handler[]> =>
  rawCommand(world.cluster, { cmd: 'add_inference', inference_name: name, coprocessor_name: board })

const fileOf = (world: World, name = 'digits') => join(world.stateFolder, 'inferences', `${name}.json`)

function edit(world: World, change: (file: File) => void): void {
  const file = JSON.parse(readFileSync(fileOf(world), 'utf8')) as File
  change(file)
  writeFileSync(fileOf(world), JSON.stringify(file))
}

describe('reload_inference', () => {
  it('starts new programs of the same names, with what was edited in the file', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits', {}, 'all')
    const before = await world.pids()
    edit(world, ({ config }) => {
      config.max_send_num = 3
    })

    const handlers = await reload(world)

    expect(handlers.map(({ suffix_name, max_send_num }) => [suffix_name, max_send_num])).toEqual([
      ['digits-board1', 3],
      ['digits-board2', 3],
    ])
    const after = await world.pids()
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort())
    expect(Object.values(after).some((pid) => Object.values(before).includes(pid))).toBe(false)
    expect(await world.credits('digits')).toEqual({ free: 6, inFlight: 0 })
    await world.atRest()
  })

  it('that fails leaves what ran before running again, with the files it had', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    const scripts = files.scripts('first')
    await world.load('reader', 'digits', { scriptPath: scripts, startTimeout: 20_000 })
    writeFileSync(join(scripts, 'answer.txt'), 'broken')

    await expect(reload(world)).rejects.toMatchObject({ code: 311 })

    await expect(world.cluster.infer('digits', BODY)).resolves.toMatchObject({ result: { answer: 'first' } })
    await world.endManager('SIGKILL')
    await world.startManager()
    await expect.poll(() => world.cluster.isConnected, { timeout: 10_000 }).toBe(true)
    await expect(world.cluster.infer('digits', BODY)).resolves.toMatchObject({ result: { answer: 'first' } })
    await world.atRest()
  })

  it('registers what has a file only', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits')
    const text = readFileSync(fileOf(world), 'utf8')
    await world.cluster.unloadInference()
    writeFileSync(fileOf(world), text)

    expect(await reload(world)).toMatchObject([{ suffix_name: 'digits-board1' }])
    await expect(world.cluster.infer('digits', BODY)).resolves.toBeDefined()
  })

  it('is 300, 205, 206 or 207 when the file is not there, not JSON, or of something else, and changes nothing', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits')
    const text = readFileSync(fileOf(world), 'utf8')
    const pids = await world.pids()

    await expect(reload(world, 'unknown')).rejects.toMatchObject({ code: 300 })
    rmSync(fileOf(world))
    await expect(reload(world)).rejects.toMatchObject({ code: 205 })
    writeFileSync(fileOf(world), '{ "version": 1,')
    await expect(reload(world)).rejects.toMatchObject({ code: 206 })
    const identities: [string, (file: File) => void][] = [
      ['name', ({ config }) => Object.assign(config, { name: 'letters' })],
      ['boards', (file) => Object.assign(file, { boards: ['board2'] })],
      ['suffix_name', ({ containers: [first] }) => Object.assign(first ?? {}, { suffix_name: 'digits-9' })],
      ['implementation_type', ({ config }) => Object.assign(config, { implementation_type: 'docker' })],
      ['input', ({ config }) => Object.assign(config, { output: 'Main' })],
    ]
    for (const [field, change] of identities) {
      writeFileSync(fileOf(world), text)
      edit(world, change)
      await expect(reload(world), field).rejects.toMatchObject({ code: 207, details: { field } })
    }
    writeFileSync(fileOf(world), text)
    edit(world, ({ config }) => Object.assign(config, { max_send_num: 0 }))
    await expect(reload(world)).rejects.toMatchObject({ code: 302, message: expect.stringContaining('max_send_num') })
    expect(await world.pids()).toEqual(pids)
  })

  it('is 303 while a request is in process, and 309 while another command holds the name', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits')
    const held = world.cluster.infer('digits', BODY)
    await world.until('digits', { held: 1 })

    await expect(reload(world)).rejects.toMatchObject({ code: 303 })

    const unload = world.cluster.unloadInference({ inferenceName: 'digits', drainMs: 30_000 })
    await expect(reload(world)).rejects.toMatchObject({ code: 309 })
    world.gates.openAll()
    await Promise.all([held, unload])
  })
})

describe('add_inference', () => {
  it('brings an inference to one board more; where it is already, nothing changes', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits')
    const before = await world.pids()

    expect(await add(world, 'board2')).toMatchObject([{ suffix_name: 'digits-board2', allocated_coprocessor: 'board2' }])

    const after = await world.pids()
    expect(after).toMatchObject(before)
    expect(await add(world, 'board1')).toMatchObject([{ suffix_name: 'digits-board1' }])
    expect(await world.pids()).toEqual(after)
    expect((await world.cluster.getCoprocessorHandler('digits')).map(({ name }) => name)).toEqual(['board1', 'board2'])
    await world.atRest()
  })

  it('brings it to every board with a label, those that have it already too', async () => {
    const labels = { room: 'kitchen' }
    const boards = [{ name: 'board1' }, { name: 'board2', labels }, { name: 'board3', labels }]
    await using world = await startWorld({ config: { boards } })
    await world.load('echo', 'digits', {}, ['board1', 'board2'])
    const before = await world.pids()

    const added = await add(world, 'room=kitchen')

    expect(added).toMatchObject([{ allocated_coprocessor: 'board2' }, { allocated_coprocessor: 'board3' }])
    expect(await world.pids()).toMatchObject(before)
    expect(Object.keys(await world.pids())).toEqual(['digits-board1', 'digits-board2', 'digits-board3'])
    const labelled = { coprocessorName: 'label:room' }
    expect((await world.cluster.getCoprocessorHandler('digits', labelled)).map(({ name }) => name)).toEqual(['board2', 'board3'])
    const images = await rawCommand(world.cluster, { cmd: 'get_images', coprocessor_name: 'room=kitchen' })
    expect(images).toMatchObject([{ name: 'board2' }, { name: 'board3' }])
    for (const unknown of [add(world, 'room=attic'), world.cluster.getCoprocessorHandler(undefined, { coprocessorName: 'room=attic' })]) {
      await expect(unknown).rejects.toMatchObject({ code: 304, message: expect.stringContaining('room=kitchen') })
    }
    await world.atRest()
  })

  it('is 300, 304, or 303 where it is already and busy', async () => {
    await using world = await startWorld()
    await world.load('gated', 'digits')

    await expect(add(world, 'board2', 'unknown')).rejects.toMatchObject({ code: 300 })
    await expect(add(world, 'board7')).rejects.toMatchObject({ code: 304 })
    const held = world.cluster.infer('digits', BODY)
    await world.until('digits', { held: 1 })
    await expect(add(world, 'board1')).rejects.toMatchObject({ code: 303 })
    await world.settle()
    await held
  })
})
