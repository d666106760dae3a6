import { describe, expect, it } from 'vitest'
import { addInference } from './add-inference'
import { reloadInference } from './reload-inference'
import { start } from './start'
import { stop } from './stop'
import { TestPlane } from './test-plane'
import { unloadInference } from './unload-inference'

const program = { coprocessor_name: 'board1', suffix_name: 'digits-board1' }

/** Each leaves the container on the second board alone. */
const COMMANDS: Record<string, (test: TestPlane) => Promise<unknown>> = {
  unload: ({ plane, call }) =>
    unloadInference(plane, { cmd: 'unload_inference', coprocessor_name: 'board1', delete_image: false, force: false }, call),
  add: ({ plane, call }) => addInference(plane, { cmd: 'add_inference', inference_name: 'digits', coprocessor_name: 'board3' }, call),
  stop: ({ plane, call }) => stop(plane, { cmd: 'stop', ...program }, call),
  start: ({ plane, call }) => start(plane, { cmd: 'start', ...program }, call),
}

const late = () => new Error('it was waited for too long')

describe('a command that waits while a board is brought in line', () => {
  const open = () => TestPlane.open({ boards: ['board1', 'board2', 'board3'].map((name) => ({ name })) })

  /** The container on the second board is started anew, with another token, before the command gets the lock. */
  async function restartMeanwhile({ plane }: TestPlane, command: () => Promise<unknown>) {
    let restart = () => {}
    const looked = new Promise<void>((resolve) => {
      restart = resolve
    })
    const own = plane.locks.tryOwn(['digits'], late, async () => {
      await looked
      const [, container] = plane.registry.get('digits')?.containers ?? []
      if (container) await plane.registry.keepContainer('digits', { ...container, token_sha256: 'fresh' })
    })
    const done = command()
    // It has read what it reads before it waits.
    await new Promise((resolve) => setImmediate(resolve))
    restart()
    await own
    return done
  }

  it.each(Object.keys(COMMANDS))('keeps what came of that: %s', async (name) => {
    await using test = await open()
    await test.register('digits')

    await restartMeanwhile(test, () => COMMANDS[name]?.(test) as Promise<unknown>)

    expect(test.tokens('digits')['digits-board2']).toBe('fresh')
  })

  it('keeps it also where a reload is taken back', async () => {
    await using test = await open()
    const { containers, ...record } = await test.register('digits')
    // One that was stopped is brought back as it was.
    await test.plane.registry.set({ ...record, containers: containers.map((container) => ({ ...container, stopped: true })) })
    test.failing.add('make digits-board1')

    const reload = () => reloadInference(test.plane, { cmd: 'reload_inference', inference_name: 'digits' }, test.call)
    await expect(restartMeanwhile(test, reload)).rejects.toThrow('fails')

    expect(test.tokens('digits')['digits-board2']).toBe('fresh')
  })
})
