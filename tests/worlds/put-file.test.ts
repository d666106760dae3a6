import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnswerFiles } from './answer-files'
import { rawCommand } from './raw-command'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

const putFile = (world: World, fileInfo: object, inferenceName = 'digits') =>
  rawCommand(world.cluster, { cmd: 'put_file', inference_name: inferenceName, file_info: fileInfo })
const reload = (world: World) => rawCommand(world.cluster, { cmd: 'reload_inference', inference_name: 'digits' })

/** What each container's program read at its start, by board. */
async function answers(world: World, count: number): Promise<Record<string, string>> {
  const outcomes = await Promise.all(Array.from({ length: count * 10 }, () => world.cluster.infer('digits', BODY)))
  return Object.fromEntries(outcomes.map(({ result }) => [(result as { board: string }).board, (result as { answer: string }).answer]))
}

describe('put_file', () => {
  it('counts from the next start, on every board, through reload, restart of the program and of the manager, and for new boards', async () => {
    await using world = await startWorld({ config: { boards: [{ name: 'board1' }, { name: 'board2' }, { name: 'board3' }] } })
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first') }, ['board1', 'board2'])

    await putFile(world, { other: files.write('second') })

    expect(await answers(world, 2)).toEqual({ board1: 'first', board2: 'first' })
    const { 'digits-board1': pid = 0 } = await world.pids()
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => answers(world, 2).catch(() => ({})), { timeout: 20_000 }).toEqual({ board1: 'second', board2: 'first' })
    await reload(world)
    expect(await answers(world, 2)).toEqual({ board1: 'second', board2: 'second' })
    await rawCommand(world.cluster, { cmd: 'add_inference', inference_name: 'digits', coprocessor_name: 'board3' })
    expect(await answers(world, 3)).toEqual({ board1: 'second', board2: 'second', board3: 'second' })
    await world.atRest()
  })

  it('is over when the inference is replaced by force, and after its unload', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first') })
    await putFile(world, { model: files.write('put') })

    await world.load('reader', 'digits', { scriptPath: files.scripts('replaced'), forceUpdate: true })

    expect(await answers(world, 1)).toEqual({ board1: 'replaced' })
    expect(readdirSync(join(world.stateFolder, 'files'))).toEqual([])
    await putFile(world, { model: files.write('put again') })
    await world.cluster.unloadInference()
    expect(readdirSync(join(world.stateFolder, 'files'))).toEqual([])
  })

  it('changes nothing on any board when one of them cannot take the files', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first') }, 'all')
    const folderOf = (board: string) => join(world.stateFolder, 'boards', board, `digits-${board}`)
    mkdirSync(join(folderOf('board2'), 'extra.bin'))
    const extra = join(world.folder, 'extra.bin')
    writeFileSync(extra, 'x')

    await expect(putFile(world, { script: files.write('second'), other: [extra] })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining("is the name of a folder in the container's folder"),
    })

    expect(readdirSync(folderOf('board1'))).not.toContain('extra.bin')
    expect(readdirSync(join(world.stateFolder, 'boards', 'board1'))).toEqual(['digits-board1'])
    expect(readdirSync(join(world.stateFolder, 'files'))).toEqual([])
    await reload(world)
    expect(await answers(world, 2)).toEqual({ board1: 'first', board2: 'first' })
  })

  it('refuses what cannot be, naming the file', async () => {
    await using world = await startWorld()
    const files = new AnswerFiles(world.folder)
    await world.load('gated', 'digits')
    const missing = join(world.folder, 'missing.bin')
    const token = join(world.folder, 'token')
    writeFileSync(token, '')

    await expect(putFile(world, { other: missing })).rejects.toMatchObject({
      code: 301,
      message: expect.stringContaining(`${missing} does not exist`),
    })
    await expect(putFile(world, { other: world.folder })).rejects.toMatchObject({
      code: 301,
      message: expect.stringContaining('is a folder'),
    })
    await expect(putFile(world, { other: 'relative.bin' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('relative.bin'),
    })
    await expect(putFile(world, { script: files.write('a'), model: [files.write('b')] })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('both would be answer.txt'),
    })
    await expect(putFile(world, { other: token })).rejects.toMatchObject({ code: 302 })
    await expect(putFile(world, {})).rejects.toMatchObject({ code: 201 })
    await expect(putFile(world, { other: files.write('a') }, 'unknown')).rejects.toMatchObject({ code: 300 })
    const held = world.cluster.infer('digits', BODY)
    await world.until('digits', { held: 1 })
    await expect(putFile(world, { other: files.write('a') })).rejects.toMatchObject({ code: 303 })
    await world.settle()
    await held
  })
})
