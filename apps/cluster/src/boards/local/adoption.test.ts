import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { describe, expect, it } from 'vitest'
import type { IsKnown } from '../board'
import { isAlive } from './process-identity'
import { eventually, exitsOf, STUBBORN, TestBoard } from './test-board'

describe('a container whose manager went', () => {
  it('runs on and is adopted by the next board', async () => {
    await using test = new TestBoard()
    const first = await test.create({ run_command: ['node', '-e', "console.error('loaded'); setInterval(() => {}, 1000)"] })
    await eventually('output', () => first.lastOutput())
    const { createdAt, pid } = await first.runtime()
    first.detach()

    const adopted = await test.openBoard().adopt({ ...first.spec, token: '' })

    expect(adopted).toBeDefined()
    if (!adopted) return
    test.track(adopted)
    expect(await adopted.runtime()).toMatchObject({ state: 'running', pid, createdAt, restarts: 0 })
    expect(await adopted.lastOutput()).toBe('loaded')
    expect(await test.read('token')).toBe(first.spec.token)
  })

  it('is started again by the next board when it ends', async () => {
    await using test = new TestBoard()
    const first = await test.create({})
    first.detach()
    const adopted = await test.openBoard().adopt(first.spec)
    if (!adopted) throw new Error('not adopted')
    test.track(adopted)
    const exits = exitsOf(adopted)
    process.kill(test.identity().pid, 'SIGKILL')
    await eventually('a restart', async () => (await adopted.runtime()).restarts === 1)
    expect(exits).toEqual([{ code: null, signal: null, restarting: true }])
    expect(isAlive(test.identity())).toBe(true)
  })

  it.each([0, 10_000])('is stopped by the next board, with a grace time of %i ms', async (graceMs) => {
    await using test = new TestBoard()
    const first = await test.create(graceMs === 0 ? { run_command: STUBBORN } : {})
    if (graceMs === 0) await test.stdout()
    first.detach()
    const adopted = await test.openBoard().adopt(first.spec)
    const identity = test.identity()
    await adopted?.remove(graceMs)
    expect(isAlive(identity)).toBe(false)
    expect(await readFile(join(test.path(), 'process.json')).catch(() => 'gone')).toBe('gone')
  })

  it('is not started by the old board any more', async () => {
    await using test = new TestBoard()
    const first = await test.create({})
    const exits = exitsOf(first)
    first.detach()
    const adopted = await test.openBoard().adopt(first.spec)
    if (adopted) test.track(adopted)
    await adopted?.stop(10_000)
    expect(exits).toEqual([])
    expect((await first.runtime()).pid).toBeNull()
  })

  it('is created again from its files when it ended meanwhile', async () => {
    await using test = new TestBoard()
    const script_path = await test.files('scripts', { 'main.js': 'setInterval(() => {}, 1000)' })
    const first = await test.create({ script_path, run_command: 'node main.js' })
    await writeFile(test.path('learned.bin'), 'what the program learned')
    const identity = test.identity()
    first.detach()
    process.kill(identity.pid, 'SIGKILL')
    await eventually('its end', () => !isAlive(identity))

    const next = test.openBoard()
    expect(await next.adopt(first.spec)).toBeUndefined()
    const again = await next.create(first.spec)

    test.track(again)
    expect((await again.runtime()).state).toBe('running')
    expect(await test.read('learned.bin')).toBe('what the program learned')
  })
})

describe('a container that was set aside and could not be brought back', () => {
  it('keeps its files when it is set aside again', async () => {
    await using test = new TestBoard()
    const first = await test.create({})
    await writeFile(test.path('learned.bin'), 'what the program learned')
    await first.setAside(0)

    await first.setAside(0)

    await first.bringBack()
    expect(await test.read('learned.bin')).toBe('what the program learned')
  })

  it('is what is started under its instance: its files are back, and nothing is left of them when it is removed', async () => {
    await using test = new TestBoard()
    const first = await test.create({})
    await writeFile(test.path('learned.bin'), 'what the program learned')
    await first.setAside(0)

    const again = await test.create({})

    expect([await test.read('learned.bin'), readdirSync(test.folder)]).toEqual(['what the program learned', ['digits-board1']])
    await again.stop(0)
    await first.bringBack()
    expect(await test.read('learned.bin')).toBe('what the program learned')
    await first.setAside(0)
    await test.create({})
    await first.remove(0)
    expect(readdirSync(test.folder)).toEqual([])
  })
})

const missing = existsSync('/proc/self/environ') ? undefined : 'no /proc to find an unrecorded program in'

describeUnless(missing, 'a program that was started, and not yet recorded when its manager was killed', () => {
  it('is ended before the container gets another one', async () => {
    await using test = new TestBoard()
    const first = await test.create({ run_command: STUBBORN })
    await test.stdout()
    const identity = test.identity()
    first.detach()
    await rm(test.path('process.json'))

    const next = test.openBoard()
    expect(await next.adopt(first.spec)).toBeUndefined()
    const again = await next.create(first.spec)

    test.track(again)
    expect(isAlive(identity)).toBe(false)
    expect((await again.runtime()).pid).not.toBe(identity.pid)
  })
})

describe('what is not adopted', () => {
  it('is nothing at all', async () => {
    await using test = new TestBoard()
    expect(await test.board.adopt(test.spec({}))).toBeUndefined()
  })

  it('is another container under the same name', async () => {
    await using test = new TestBoard()
    const first = await test.create({})
    expect(await test.openBoard().adopt({ ...first.spec, instance: 'another' })).toBeUndefined()
  })

  it('is a program that looks for the manager where it is no more: it gets another one, with the files it has', async () => {
    await using test = new TestBoard()
    const first = await test.board.create(test.spec({}, { environment: { AICLUSTER_HOST_IP: '10.0.0.1', AICLUSTER_PUB_PORT: '7001' } }))
    test.track(first)
    const identity = test.identity()
    await writeFile(test.path('learned.bin'), 'what the program learned')
    first.detach()
    const next = test.openBoard()
    const spec = { ...first.spec, environment: { AICLUSTER_HOST_IP: '10.0.0.1', AICLUSTER_PUB_PORT: '7002' } }

    expect(await next.adopt(spec)).toBeUndefined()
    const again = await next.create(spec)

    test.track(again)
    expect(isAlive(identity)).toBe(false)
    expect(await test.read('learned.bin')).toBe('what the program learned')
    expect(await test.openBoard().adopt(spec)).toBeDefined()
  })

  it.each(['not json', '{"version":1}', '{"version":1,"instance":"0123456789abcdef0123456789abcdef","pid":1,"startTime":"x"}'])(
    'is a record that says %s',
    async (text) => {
      await using test = new TestBoard()
      const first = await test.create({})
      await writeFile(test.path('process.json'), text)
      expect(await test.openBoard().adopt(first.spec)).toBeUndefined()
    },
  )

  it('is a process that has the number but not the start time: it is not killed either', async () => {
    await using test = new TestBoard()
    const innocent = await test.create({})
    const identity = test.identity()
    innocent.detach()
    const record = JSON.parse(await test.read('process.json'))
    await writeFile(test.path('process.json'), JSON.stringify({ ...record, startTime: '1@an earlier boot' }))

    const next = test.openBoard()
    expect(await next.adopt(innocent.spec)).toBeUndefined()
    const created = await next.create(innocent.spec)
    await created.remove(0)

    expect(isAlive(identity)).toBe(true)
  })
})

describe('what an earlier manager left and nobody knows any more', () => {
  it('is ended and deleted by a sweep; what is known stays', async () => {
    await using test = new TestBoard()
    const forgotten = await test.create({})
    const identity = test.identity()
    forgotten.detach()

    await test.openBoard().sweep(({ instance }) => instance === forgotten.spec.instance)
    expect(isAlive(identity)).toBe(true)
    await test.openBoard().sweep(() => false)

    expect(isAlive(identity)).toBe(false)
    await expect(test.read('token')).rejects.toThrow('ENOENT')
  })

  it('is not what lies beside the files of a container that is known, nor one that is being made', async () => {
    await using test = new TestBoard()
    const container = await test.create({})
    const board = test.openBoard()
    const name = container.spec.suffixName
    const known: IsKnown = ({ instance, suffixName }) =>
      instance === undefined ? suffixName === name : instance === container.spec.instance
    await container.setAside(0)
    mkdirSync(test.path('half made'), { recursive: true })
    mkdirSync(test.path('..', `.put-${name}`))

    await board.sweep(known)
    expect(readdirSync(test.path('..')).sort()).toEqual([`.before-${name}`, `.put-${name}`, name])
    await board.sweep(() => false)

    expect(readdirSync(test.path('..'))).toEqual([])
  })
})
