import { describe, expect, it } from 'vitest'
import { commandOf } from './programs'
import { rawCommand } from './raw-command'
import { startWorld, type World } from './world'

interface Log {
  lines: string[]
  next: string
}

const logOf = (world: World, more: object = {}): Promise<Log> =>
  rawCommand(world.cluster, { cmd: 'get_container_log', suffix_name: 'digits-board1', ...more })

describe('images', () => {
  it('are none on local boards; the boards are those on which the inference is registered', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits', {}, 'board2')
    const images = (command: { cmd: string; [key: string]: unknown }) => rawCommand(world.cluster, command)
    const on = (name: string) => ({ name, ip: '127.0.0.1', images: [] })

    expect(await images({ cmd: 'get_coprocessor_images' })).toEqual([on('board1'), on('board2')])
    expect(await images({ cmd: 'get_coprocessor_images', inference_name: 'digits' })).toEqual([on('board2')])
    expect(await images({ cmd: 'get_images', coprocessor_name: 'board1' })).toEqual([on('board1')])
    await expect(images({ cmd: 'get_coprocessor_images', inference_name: 'unknown' })).rejects.toMatchObject({ code: 300 })
    await expect(images({ cmd: 'get_images', coprocessor_name: 'board7' })).rejects.toMatchObject({ code: 304 })
  })
})

describe('get_container_log', () => {
  it('gives the last lines, then what was printed since, printable, also of a stopped container under the next manager', async () => {
    await using world = await startWorld()
    await world.load('talker', 'digits', { runCommand: commandOf('talker') })
    const say = (text: string) => world.cluster.infer('digits', Buffer.from(text))
    await say('one\ntwo\n\u001b[31mthree\u001b[0m\n')

    const first = await logOf(world, { lines: 2 })
    await say('four\nfi')
    const second = await logOf(world, { after: first.next })
    await say('ve\n')
    const third = await logOf(world, { after: second.next })
    const nothing = await logOf(world, { after: third.next })

    expect([first.lines, second.lines, third.lines, nothing.lines]).toEqual([['two', 'three'], ['four'], ['five'], []])
    await rawCommand(world.cluster, { cmd: 'stop', coprocessor_name: 'board1', suffix_name: 'digits-board1' })
    await world.endManager('SIGKILL')
    await world.startManager()
    await expect.poll(() => world.cluster.isConnected, { timeout: 10_000 }).toBe(true)
    expect((await logOf(world, { after: second.next })).lines).toEqual(['five'])
  })

  it('is 302 with a place that is none, 307 for a container that is not there', async () => {
    await using world = await startWorld()
    await world.load('echo', 'digits')

    await expect(logOf(world, { after: 'yesterday' })).rejects.toMatchObject({ code: 302, message: expect.stringContaining('yesterday') })
    await expect(logOf(world, { suffix_name: 'unknown' })).rejects.toMatchObject({ code: 307 })
  })
})
