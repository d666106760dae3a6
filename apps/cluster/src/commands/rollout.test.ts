import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { loadInference } from './load-inference'
import { reloadInference } from './reload-inference'
import { TestPlane } from './test-plane'
import { unloadInference } from './unload-inference'

const PROGRAM = { implementation_type: 'other' as const, run_command: process.execPath }

describe('a replacement that fails', () => {
  it('is taken back to its end, also where a part of that fails', async () => {
    await using test = await TestPlane.open()
    await test.register('one')
    await test.register('two')
    for (const what of ['make two-board2', 'remove two-board1', 'remove one-board2']) test.failing.add(what)
    const forced = (name: string) => ({ ...PROGRAM, name, force_update: true })

    await expect(loadInference(test.plane, test.load(forced('one'), forced('two')), test.call)).rejects.toThrow('make two-board2 fails')

    expect(test.tokens('one')).toEqual({ 'one-board1': 'again', 'one-board2': 'again' })
    expect(test.tokens('two')).toEqual({ 'two-board1': 'again', 'two-board2': 'again' })
  })

  it('because the disk of the manager is full: what ran before runs again, and is registered as it is now', async () => {
    await using test = await TestPlane.open()
    await test.register('digits')
    mkdirSync(test.writtenBeside('digits'))

    const loading = loadInference(test.plane, test.load({ ...PROGRAM, name: 'digits', force_update: true }), test.call)
    await expect(loading).rejects.toMatchObject({ code: 'EISDIR' })

    expect(test.done.slice(-6).sort()).toEqual(
      ['bring back', 'remove', 'start'].flatMap((what) => [1, 2].map((n) => `${what} digits-board${n}`)),
    )
    expect(test.tokens('digits')).toEqual({ 'digits-board1': 'again', 'digits-board2': 'again' })
  })

  it('leaves the file of what had a file only as somebody wrote it', async () => {
    await using test = await TestPlane.open()
    const text = `${JSON.stringify({ ...test.record('digits'), containers: [] })}  `
    writeFileSync(test.fileOf('digits'), text)
    mkdirSync(test.writtenBeside('digits'))

    const reloading = reloadInference(test.plane, { cmd: 'reload_inference', inference_name: 'digits' }, test.call)
    await expect(reloading).rejects.toMatchObject({ code: 'EISDIR' })

    expect(readFileSync(test.fileOf('digits'), 'utf8')).toBe(text)
    expect(test.plane.registry.get('digits')).toBeUndefined()
    expect(test.done.slice(-2).sort()).toEqual(['remove digits-board1', 'remove digits-board2'])
  })

  it('because a name that goes was asked for meanwhile is 303, and the queue of that name is there again', async () => {
    await using test = await TestPlane.open()
    const gone = { inference_modules: { sub_inference_name: 'gone' } as never }
    await test.register('digits', { replacement: 'start-then-kill', ...gone })
    await test.plane.project()
    test.answers.removeIfIdle = false
    test.asked.length = 0
    const config = { ...PROGRAM, name: 'digits', replacement: 'start-then-kill' as const, force_update: true }

    await expect(loadInference(test.plane, test.load(config), test.call)).rejects.toMatchObject({ code: 303 })

    expect(test.asked).toContainEqual({ name: 'removeIfIdle', argument: expect.objectContaining({ names: ['gone'] }) })
    expect(test.asked).toContainEqual({ name: 'setQueues', argument: [expect.objectContaining({ name: 'gone' })] })
    expect(test.tokens('digits')).toEqual({ 'digits-board1': 'first', 'digits-board2': 'first' })
    expect(test.done.slice(-2).sort()).toEqual(['remove digits-board1-2', 'remove digits-board2-2'])
  })
})

describe('an unload', () => {
  it('that cannot be written, for the disk of the manager is full, is taken back', async () => {
    await using test = await TestPlane.open()
    await test.register('one')
    await test.register('two')
    mkdirSync(`${test.plane.options.state.inferencesFolder}/.change.${process.pid}.tmp`)
    const command = { cmd: 'unload_inference', delete_image: false, force: false } as const

    await expect(unloadInference(test.plane, command, test.call)).rejects.toMatchObject({ code: 'EISDIR' })

    for (const name of ['one', 'two']) expect(test.tokens(name)).toEqual({ [`${name}-board1`]: 'again', [`${name}-board2`]: 'again' })
  })
})

describe('a load', () => {
  it.each(['in one command', 'side by side'])('gives no name to two containers, %s', async (how) => {
    await using test = await TestPlane.open({ boards: [{ name: 'c' }, { name: 'b-c' }] })
    // `a-b` on `c`, and `a` on `b-c`.
    const [first, second] = [
      { ...PROGRAM, name: 'a-b' },
      { ...PROGRAM, name: 'a' },
    ]
    const commands = how === 'in one command' ? [test.load(first, second)] : [test.load(first), test.load(second)]

    await Promise.all(commands.map((command) => loadInference(test.plane, command, test.call)))

    const names = test.done.map((what) => what.replace('make ', ''))
    expect(names.sort()).toEqual(['a-b-b-c', 'a-b-c', 'a-b-c-2', 'a-c'])
    expect(test.plane.namesInWork.size).toBe(0)
  })

  it('is 302 where a name that differs by case alone was registered while it waited for its boards', async () => {
    await using test = await TestPlane.open()
    vi.spyOn(test.plane.boardWatch, 'reach').mockImplementation(async () => void (await test.register('Digits')))

    await expect(loadInference(test.plane, test.load({ ...PROGRAM, name: 'digits' }), test.call)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('differs from the registered Digits by case alone'),
    })
    expect(test.done).toEqual([])
  })
})
