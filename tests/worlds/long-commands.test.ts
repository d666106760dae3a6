import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnswerFiles } from './answer-files'
import { eventually } from './eventually'
import { commandOf } from './programs'
import { RawApplication } from './raw-application'
import { rawCommand } from './raw-command'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

/** A `load_inference` as it stands on the wire. */
const loading = (config: object, boards: string | string[] = ['board1']) => ({
  cmd: 'load_inference',
  container_config: [{ implementation_type: 'other', start_timeout: 30_000, ...config }],
  coprocessor_name: boards,
})

/** Everything is as if the command had never been sent. */
async function expectNothingLeft(world: World): Promise<void> {
  expect(world.containerProcesses).toEqual([])
  expect(world.inferenceFiles).toEqual([])
  for (const board of ['board1', 'board2']) {
    await eventually('an empty folder of the board', () => {
      const names = readdirSync(join(world.stateFolder, 'boards', board), { withFileTypes: true })
      return names.length === 0
    }).catch((error: NodeJS.ErrnoException) => {
      if (!String(error).includes('ENOENT')) throw error
    })
  }
  await world.atRest()
}

describe('the progress of a command', () => {
  it('is told to its application alone: phases of each board in order, with the bytes of what is copied', async () => {
    await using world = await startWorld()
    await using raw = await RawApplication.connect(world)
    await using other = await RawApplication.connect(world)
    const scripts = new AnswerFiles(world.folder).scripts('told')
    writeFileSync(join(scripts, 'model.bin'), Buffer.alloc(9 * 1024 * 1024, 1))

    const number = await raw.send(loading({ name: 'digits', run_command: commandOf('reader'), script_path: scripts }, ['board1', 'board2']))

    expect(await raw.outcomeOf(number)).toMatchObject([{ suffix_name: 'digits-board1' }, { suffix_name: 'digits-board2' }])
    const told = raw.progressOf(number)
    for (const board of ['board1', 'board2']) {
      const own = told.filter((view) => view.board === board)
      expect([...new Set(own.map(({ phase }) => phase))]).toEqual(['check', 'copy', 'start', 'ready'])
      const total = 9 * 1024 * 1024 + 4
      expect(own.filter(({ phase }) => phase === 'copy').at(-1)).toMatchObject({
        cmd: 'load_inference',
        inference_name: 'digits',
        suffix_name: `digits-${board}`,
        bytes_done: total,
        bytes_total: total,
      })
    }
    expect(other.progressOf(number)).toEqual([])
    await world.cluster.unloadInference()
  })

  it('is told of put_file and of reload_inference', async () => {
    await using world = await startWorld()
    await using raw = await RawApplication.connect(world)
    const files = new AnswerFiles(world.folder)
    await world.load('reader', 'digits', { scriptPath: files.scripts('first') })

    const put = await raw.send({ cmd: 'put_file', inference_name: 'digits', file_info: { other: files.write('second') } })
    await raw.outcomeOf(put)
    const reload = await raw.send({ cmd: 'reload_inference', inference_name: 'digits' })
    await raw.outcomeOf(reload)

    const phases = (number: number) => [...new Set(raw.progressOf(number).map(({ phase }) => phase))]
    expect(phases(put)).toEqual(['upload', 'copy'])
    expect(phases(reload)).toEqual(['check', 'remove', 'copy', 'start', 'ready'])
    await world.atRest()
  })
})

describe('a command that its application cancels', () => {
  it('load_inference takes everything back', async () => {
    await using world = await startWorld()
    await using raw = await RawApplication.connect(world)
    const number = await raw.send(loading({ name: 'digits', run_command: commandOf('silent') }, ['board1', 'board2']))
    await eventually('both programs', () => raw.progressOf(number).filter(({ phase }) => phase === 'start').length === 2)

    await raw.cancel(number)

    expect(await raw.outcomeOf(number)).toMatchObject({ code: 312 })
    await expectNothingLeft(world)
    expect(await world.counter('commands_cancelled_total')).toBe(1)
  })

  it('reload_inference leaves what ran before running', async () => {
    await using world = await startWorld()
    await using raw = await RawApplication.connect(world)
    const files = new AnswerFiles(world.folder)
    const scripts = files.scripts('first')
    await world.load('reader', 'digits', { scriptPath: scripts })
    writeFileSync(join(scripts, 'answer.txt'), 'second')
    const number = await raw.send({ cmd: 'reload_inference', inference_name: 'digits' })
    await eventually('the new program', () => raw.progressOf(number).some(({ phase }) => phase === 'start'))

    await raw.cancel(number)

    const outcome = await raw.outcomeOf(number)
    const { result } = await world.cluster.infer('digits', BODY)
    // It may have been ready already: then it is carried out.
    expect(result).toMatchObject({ answer: outcome.code === 312 ? 'first' : 'second' })
    await world.atRest()
  })

  it('unload_inference stops waiting, and stop goes on handing out', async () => {
    await using world = await startWorld()
    await using raw = await RawApplication.connect(world)
    await world.load('gated', 'digits')
    const held = world.cluster.infer('digits', BODY)
    await world.until('digits', { held: 1 })

    const unload = await raw.send({ cmd: 'unload_inference', drain_ms: 60_000 })
    await raw.cancel(unload)
    expect(await raw.outcomeOf(unload)).toMatchObject({ code: 312 })
    const stop = await raw.send({ cmd: 'stop', coprocessor_name: 'board1', suffix_name: 'digits-board1' })
    await eventually('the container to get nothing more', async () => (await world.credits('digits')).free === 0)
    await raw.cancel(stop)
    expect(await raw.outcomeOf(stop)).toMatchObject({ code: 312 })

    world.gates.openAll()
    await held
    await expect(world.cluster.infer('digits', BODY)).resolves.toBeDefined()
    await world.atRest()
  })
})

describe('a command whose application goes away', () => {
  it('goes on', async () => {
    await using world = await startWorld()
    {
      await using raw = await RawApplication.connect(world)
      const number = await raw.send(loading({ name: 'digits', run_command: commandOf('echo') }))
      await eventually('its beginning', () => raw.progressOf(number).length > 0)
    }

    await eventually('its container', async () => (await world.cluster.getContainerHandler()).length === 1)
    await expect(world.cluster.infer('digits', BODY)).resolves.toBeDefined()
    await world.atRest()
  })
})

describe('a command that the operator has switched off', () => {
  it('is 900', async () => {
    await using world = await startWorld({ config: { disabled_commands: ['put_file', 'reload_inference'] } })

    await expect(rawCommand(world.cluster, { cmd: 'reload_inference', inference_name: 'digits' })).rejects.toMatchObject({
      code: 900,
      message: expect.stringContaining('reload_inference is switched off here'),
    })
    await expect(rawCommand(world.cluster, { cmd: 'get_images', coprocessor_name: 'board1' })).resolves.toBeDefined()
  })
})
