import { RecordKind } from '@aicluster/protocol'
import { eventually } from '@aicluster/testing'
import { describe, expect, it, vi } from 'vitest'
import { ending, FakeWorld } from '../test/fake-world'
import { handlerView } from '../test/views'
import type { ProgressEvent } from './index'

describe('putFile', () => {
  it('sends the paths by their kind', async () => {
    await using world = await FakeWorld.start()
    world.manager.answerCommands(() => ({}))
    expect(await world.cluster.putFile('digits', { script: '/a.js', model: ['/m1', '/m2'] })).toBeUndefined()
    expect(world.manager.commands.map(({ content }) => content).at(-1)).toEqual({
      cmd: 'put_file',
      inference_name: 'digits',
      file_info: { script: '/a.js', model: ['/m1', '/m2'] },
    })
  })

  it.each([
    [undefined, { script: '/a' }, 100, 'inferenceName'],
    ['digits', undefined, 100, 'fileInfo'],
    ['digits', 'script', 302, 'fileInfo'],
    ['digits', {}, 302, 'fileInfo'],
    ['digits', { script: 7 }, 302, 'fileInfo.script'],
    ['digits', { model: [] }, 302, 'fileInfo.model'],
    ['digits', { model: ['/m', ''] }, 302, 'fileInfo.model'],
  ])('of %j and %j is refused: rejects, and throws from the Async form', async (name, info, code, named) => {
    await using world = await FakeWorld.start()
    const refusal = { code, message: expect.stringContaining(named) }
    await expect(world.cluster.putFile(name as never, info as never)).rejects.toMatchObject(refusal)
    expect(() => world.cluster.putFileAsync(name as never, info as never, () => {})).toThrow(expect.objectContaining(refusal))
    expect(world.manager.commands).toEqual([])
  })

  it('with a wrong key rejects with 101 and names the nearest', async () => {
    await using world = await FakeWorld.start()
    const wrong = world.cluster.putFile('digits', { modle: '/m' } as never)
    await expect(wrong).rejects.toMatchObject({ code: 101, message: expect.stringMatching(/^invalid key : modle.*model\?$/) })
  })

  it('Async with a wrong key tells the callback, after the call has returned, and sends nothing', async () => {
    await using world = await FakeWorld.start()
    const told = vi.fn()
    world.cluster.setCallback({ manageCallback: told })
    const requestNo = world.cluster.putFileAsync('digits', { modle: '/m' } as never)
    expect(told).not.toHaveBeenCalled()
    await eventually('the callback', () => told.mock.calls.length === 1)
    expect(told).toHaveBeenCalledWith(101, expect.stringContaining('invalid key : modle'), 'put_file', undefined, requestNo)
    expect(Number(requestNo)).toBeGreaterThan(0)
    expect(world.manager.commands).toEqual([])
  })

  it('Async with a wrong key still needs a callback and a connection', async () => {
    await using world = await FakeWorld.start()
    expect(() => world.cluster.putFileAsync('digits', { modle: '/m' } as never)).toThrow(expect.objectContaining({ code: 100 }))
    await world.cut()
    expect(() => world.cluster.putFileAsync('digits', { modle: '/m' } as never, () => {})).toThrow(expect.objectContaining({ code: 111 }))
  })
})

const VIEW = {
  cmd: 'load_inference',
  phase: 'copy',
  inference_name: 'digits',
  board: 'board1',
  suffix_name: null,
  bytes_done: 5,
  bytes_total: 10,
}
const CONFIG = { name: 'digits', implementationType: 'Loop' } as const

describe('progress of a long command', () => {
  it('reaches its listener and the emitter while it runs, and nobody afterwards', async () => {
    await using world = await FakeWorld.start()
    const own: ProgressEvent[] = []
    const all: ProgressEvent[] = []
    world.cluster.on('progress', (progress) => all.push(progress))
    world.manager.answerCommands((_content, number) => {
      world.manager.progress(number, VIEW)
      world.manager.progress(number, { ...VIEW, phase: 'ready', bytes_done: null, bytes_total: null, suffix_name: 'digits-1' })
      world.manager.reply(number, [handlerView('digits')])
      world.manager.progress(number, VIEW)
    })

    await world.cluster.loadInference(CONFIG, 'all', { onProgress: (progress) => own.push(progress) })
    await world.cluster.connectAICluster()

    const requestNo = String(world.manager.commands[0]?.number)
    const place = { requestNo, cmd: 'load_inference', inferenceName: 'digits', coprocessorName: 'board1' }
    expect(own).toEqual([
      { ...place, phase: 'copy', suffixName: undefined, bytesDone: 5, bytesTotal: 10 },
      { ...place, phase: 'ready', suffixName: 'digits-1', bytesDone: undefined, bytesTotal: undefined },
    ])
    expect(all).toEqual(own)
  })

  it('of an Async form comes from the emitter, with its request number', async () => {
    await using world = await FakeWorld.start()
    const seen = vi.fn()
    world.cluster.on('progress', ({ requestNo }) => seen(requestNo))
    world.manager.answerCommands((_content, number) => world.manager.progress(number, VIEW))
    const requestNo = world.cluster.reloadInferenceAsync('digits', () => {})
    await eventually('it', () => seen.mock.calls.length === 1)
    expect(seen).toHaveBeenCalledWith(requestNo)
  })

  it('whose listener throws, or that cannot be read, stops nothing', async () => {
    const error = vi.fn()
    await using world = await FakeWorld.start({ logger: { debug() {}, info() {}, warn() {}, error } })
    const thrown = new Error('mine')
    world.manager.answerCommands((_content, number) => {
      world.manager.progress(number, VIEW)
      world.manager.progress(number, null)
      return [handlerView('digits')]
    })
    const onProgress = () => {
      throw thrown
    }
    expect(await world.cluster.reloadInference('digits', { onProgress })).toHaveLength(1)
    expect(error).toHaveBeenCalledTimes(1)
  })

  it('needs a function: 302', async () => {
    await using world = await FakeWorld.start()
    await expect(world.cluster.reloadInference('digits', { onProgress: 'x' as never })).rejects.toMatchObject({ code: 302 })
  })
})

describe('a command that nobody wants any more', () => {
  it.each([
    ['by its signal: 312', 312, () => ({ signal: AbortSignal.timeout(40) })],
    ['by its timeout: 313', 313, () => ({ timeout: 40 })],
  ])('ends at once %s, and the cluster hears it on the management link', async (_how, code, options) => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.loadInference(CONFIG, 'all', options()))).toBe(code)
    await eventually('the cancel', () => world.manager.arrivedOf(RecordKind.cancel, 'management').length === 1)
    expect(world.manager.arrivedOf(RecordKind.cancel)[0]?.request).toBe(world.manager.commands[0]?.number)
  })

  it('while the connection is lost is not asked for after the reconnection', async () => {
    await using world = await FakeWorld.start()
    const giveUp = new AbortController()
    const given = ending(world.cluster.loadInference(CONFIG, 'all', { signal: giveUp.signal }))
    await eventually('it', () => world.manager.commands.length === 1)
    await world.cut()
    giveUp.abort()
    expect(await given).toBe(312)
    await world.comeBack()
    await eventually('the list', () => world.manager.lists('management').length === 2)
    expect(world.manager.lists('management').at(-1)).toEqual([])
  })

  it('does not begin when its signal has aborted already', async () => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.reloadInference('digits', { signal: AbortSignal.abort() }))).toBe(312)
    expect(world.manager.commands).toEqual([])
  })
})

describe('inferVoice and inferText', () => {
  it('are 900: rejected, thrown from the Async forms', async () => {
    await using world = await FakeWorld.start()
    await expect(world.cluster.inferVoice('digits')).rejects.toMatchObject({
      code: 900,
      message: expect.stringMatching(/^not support this command/),
    })
    await expect(world.cluster.inferText()).rejects.toMatchObject({ code: 900 })
    expect(() => world.cluster.inferVoiceAsync('digits')).toThrow(expect.objectContaining({ code: 900 }))
    expect(() => world.cluster.inferTextAsync()).toThrow(expect.objectContaining({ code: 900 }))
  })
})

describe('getContainerLog', () => {
  it('goes on behind what was read', async () => {
    await using world = await FakeWorld.start()
    world.manager.answerCommands(({ after }) => ({ lines: [after ?? 'first'], next: 'n1' }))
    const log = await world.cluster.getContainerLog('digits-1', { lines: 5 })
    expect(log).toEqual({ lines: ['first'], next: 'n1' })
    expect(await world.cluster.getContainerLog('digits-1', { after: log.next })).toEqual({ lines: ['n1'], next: 'n1' })
    expect(world.manager.commands[0]?.content).toEqual({ cmd: 'get_container_log', suffix_name: 'digits-1', lines: 5 })
  })

  it.each([
    ['', {}, 100],
    ['digits-1', { lines: -1 }, 302],
    ['digits-1', { after: 5 }, 302],
    ['digits-1', 'x', 302],
  ])('refuses %j, %j', async (name, options, code) => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.getContainerLog(name, options as never))).toBe(code)
  })
})
