import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { isAlive } from './process-identity'
import { eventually, exitsOf, IDLE, STUBBORN, TestBoard } from './test-board'

const REPORT =
  'console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), env: process.env })); setInterval(() => {}, 1000)'

describe('a container on a local board', () => {
  it('runs its program in its folder with its arguments and a small environment', async () => {
    await using test = new TestBoard()
    const script_path = await test.files('scripts', { 'it\'s "main"\n$(id).js': REPORT })
    process.env.MANAGER_SECRET = 'of the manager'
    const args = ['a b', '"', '$(touch owned)', '`id`', '*', 'new\nline', '']
    const container = await test.create({ script_path, run_command: ['node', './it\'s "main"\n$(id).js', ...args], env: { MODEL: 'a b' } })

    const { env, ...rest } = JSON.parse(await test.stdout())
    expect(rest).toEqual({ args, cwd: test.path() })
    expect(env).toMatchObject({ MODEL: 'a b', AICLUSTER_INSTANCE: container.spec.instance, AICLUSTER_TOKEN_FILE: test.path('token') })
    expect(env.PATH).toBe(process.env.PATH)
    expect(env.MANAGER_SECRET).toBeUndefined()
    expect(existsSync(test.path('owned'))).toBe(false)
  })

  it('has its token in a file of mode 0400 and nowhere else', async () => {
    await using test = new TestBoard()
    const container = await test.create({ run_command: ['node', '-e', REPORT] })
    expect(await test.read('token')).toBe('a secret token')
    expect((await stat(test.path('token'))).mode & 0o777).toBe(0o400)
    expect(await test.stdout()).not.toContain('a secret token')
    expect(await test.read('process.json')).not.toContain('a secret token')
    expect(JSON.stringify(await container.runtime())).not.toContain('a secret token')
  })

  it('leads a process group of its own and tells of itself', async () => {
    await using test = new TestBoard()
    const container = await test.create({})
    // A process that has just been forked has next to no memory of its own yet.
    if (process.platform === 'linux') await eventually('its memory', async () => ((await container.runtime()).memoryBytes ?? 0) > 100_000)
    const runtime = await container.runtime()
    expect(runtime).toMatchObject({ state: 'running', pid: test.identity().pid, restarts: 0 })
    expect(Math.abs(Date.parse(runtime.createdAt) - Date.now())).toBeLessThan(10_000)
    if (process.platform === 'linux') {
      expect(runtime.cpuPercent).toBeGreaterThanOrEqual(0)
      expect(runtime.memoryPercent).toBeLessThan(100)
    }
  })

  it('shows a busy core as about 100 percent', async () => {
    await using test = new TestBoard()
    const container = await test.create({ run_command: ['node', '-e', 'for (;;);'] })
    await container.runtime()
    await eventually('CPU above 30 percent', async () => ((await container.runtime()).cpuPercent ?? 100) > 30)
  })

  it.each([
    ['missing', ['no-such-program-anywhere'], 'program "no-such-program-anywhere" was not found in PATH'],
    ['missing in its folder', './nowhere.sh', 'program "./nowhere.sh" does not exist'],
    ['not executable', './main.js', 'is not executable'],
    ['without its interpreter', './bad-interpreter', 'interpreter named in its first line'],
  ])('does not start when the program is %s, and leaves nothing', async (_, run_command, message) => {
    await using test = new TestBoard()
    const script_path = await test.files('scripts', { 'main.js': '', 'bad-interpreter': '#!/no/such/interpreter\n' })
    const { chmod } = await import('node:fs/promises')
    await chmod(`${script_path}/bad-interpreter`, 0o755)
    await expect(test.create({ script_path, run_command })).rejects.toMatchObject({
      code: 311,
      message: expect.stringMatching(/^Container did not start: board "board1", container "digits-board1": /),
      details: { board: 'board1', container: 'digits-board1' },
    })
    await expect(test.create({ script_path, run_command })).rejects.toThrow(message)
    expect(await readdir(test.folder)).toEqual([])
  })

  it('refuses a name that is no folder name', async () => {
    await using test = new TestBoard()
    await expect(test.board.create(test.spec({}, { suffixName: '../x' }))).rejects.toMatchObject({ code: 302 })
    await expect(test.board.adopt(test.spec({}, { suffixName: '..' }))).rejects.toMatchObject({ code: 302 })
  })
})

describe('a program that exits', () => {
  it('at once is told to a handler set after create, with what it printed last', async () => {
    await using test = new TestBoard()
    const container = await test.create({
      run_command: ['sh', '-c', 'echo "\u001b[31mno model\u001b[0m" >&2; exit 3'],
      restart: 'never',
    })
    await eventually('the exit', async () => (await container.runtime()).state === 'exited')

    const exits = exitsOf(container)

    expect(exits).toEqual([])
    await eventually('an exit', () => exits.length)
    expect(exits).toEqual([{ code: 3, signal: null, restarting: false }])
    expect(await container.lastOutput()).toBe('no model')
    expect(await container.runtime()).toMatchObject({ state: 'exited', pid: null, cpuPercent: null, memoryBytes: null })
  })

  it('by a signal is told with it and started again', async () => {
    await using test = new TestBoard()
    const container = await test.create({})
    const exits = exitsOf(container)
    const before = test.identity()
    process.kill(before.pid, 'SIGKILL')
    await eventually('a restart', async () => (await container.runtime()).restarts === 1)
    expect(exits).toEqual([{ code: null, signal: 'SIGKILL', restarting: true }])
    expect(isAlive(before)).toBe(false)
    expect(test.identity().pid).toBe((await container.runtime()).pid)
  })

  it('takes with it what it left in its group', async () => {
    await using test = new TestBoard()
    const child = `${process.execPath} -e 'console.log(process.pid); setInterval(() => {}, 1000)'`
    const container = await test.create({
      run_command: ['sh', '-c', `${child} & while [ ! -s log/stdout.log ]; do :; done; exit 1`],
      restart: 'never',
    })
    const exits = exitsOf(container)
    const pid = Number(await test.stdout())
    await eventually('the exit', () => exits.length)
    await eventually('the end of its child', () => {
      try {
        process.kill(pid, 0)
        return process.platform === 'linux' && !isAlive({ pid, startTime: '' })
      } catch {
        return true
      }
    })
  })

  it('again and again becomes a crash loop that one can see, and still says why', async () => {
    await using test = new TestBoard()
    const board = test.openBoard({ limits: { restartFirstMs: 1, crashLoopExits: 4, restartMaxMs: 60_000 } })
    const container = await test.create({ run_command: ['sh', '-c', 'echo broken >&2; exit 1'] }, board)
    const exits = exitsOf(container)
    await eventually('a crash loop', async () => (await container.runtime()).state === 'crash-loop')
    expect(exits.length).toBeGreaterThanOrEqual(4)
    expect((await container.runtime()).restarts).toBeGreaterThanOrEqual(3)
    expect(await container.lastOutput()).toBe('broken')
  })

  it('and cannot be started again counts as one that exits', async () => {
    await using test = new TestBoard()
    const script_path = await test.files('scripts', { 'main.sh': '#!/bin/sh\nexec sleep 1000\n' })
    const { chmod } = await import('node:fs/promises')
    await chmod(`${script_path}/main.sh`, 0o755)
    const container = await test.create({ script_path, run_command: './main.sh' })
    const exits = exitsOf(container)
    await rm(test.path('main.sh'))
    process.kill(test.identity().pid, 'SIGKILL')
    await eventually('a failed restart', () => exits.length >= 2)
    expect(exits[1]).toEqual({ code: null, signal: null, restarting: true })
    expect(await container.lastOutput()).toContain('program "./main.sh" does not exist')
  })
})

describe('stopping', () => {
  it('ends the program by SIGTERM, tells no exit and does not start it again', async () => {
    await using test = new TestBoard()
    const command =
      "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log('ready'); setInterval(() => {}, 1000)"
    const container = await test.create({ run_command: ['node', '-e', command] })
    const exits = exitsOf(container)
    await test.stdout()

    await container.stop(10_000)

    expect(await test.read('log', 'stdout.log')).toBe('ready\nbye\n')
    expect(isAlive(test.identity())).toBe(false)
    expect(await container.runtime()).toMatchObject({ state: 'exited', pid: null, restarts: 0 })
    expect(exits).toEqual([])
  })

  it('ends what ignores SIGTERM by SIGKILL after the grace time', async () => {
    await using test = new TestBoard()
    const container = await test.create({ run_command: STUBBORN })
    await test.stdout()
    const before = performance.now()
    await container.stop(200)
    expect(performance.now() - before).toBeGreaterThanOrEqual(200)
    expect(isAlive(test.identity())).toBe(false)
  })

  it('gives what the program started the same grace time', async () => {
    await using test = new TestBoard()
    const inner = "process.on('SIGTERM', () => setTimeout(() => { console.log('inner done'); process.exit() }, 100)); console.log('ready')"
    const container = await test.create({ run_command: ['sh', '-c', `node -e "${inner}; setInterval(() => {}, 1000)"; exit 0`] })
    await test.stdout()
    await container.stop(10_000)
    expect(await test.read('log', 'stdout.log')).toBe('ready\ninner done\n')
  })

  it('also ends the waiting for a restart', async () => {
    await using test = new TestBoard()
    const board = test.openBoard({ limits: { restartFirstMs: 60_000 } })
    const container = await test.create({ run_command: ['sh', '-c', 'exit 1'] }, board)
    await eventually('the exit', async () => (await container.runtime()).pid === null)
    await container.stop(0)
    expect((await container.runtime()).state).toBe('exited')
  })

  it('can be undone by start, and both may be called twice', async () => {
    await using test = new TestBoard()
    const container = await test.create({})
    const first = test.identity()
    await Promise.all([container.stop(10_000), container.stop(10_000)])
    await Promise.all([container.start(), container.start()])
    expect(test.identity().pid).not.toBe(first.pid)
    expect(await container.runtime()).toMatchObject({ state: 'running', pid: test.identity().pid })
  })

  it('with remove deletes the files', async () => {
    await using test = new TestBoard()
    const container = await test.create({})
    const identity = test.identity()
    await container.remove(10_000)
    expect(isAlive(identity)).toBe(false)
    expect(await readdir(test.folder)).toEqual([])
  })
})

it('the output of a running program is rotated', async () => {
  await using test = new TestBoard()
  const board = test.openBoard({ limits: { logBytes: 1000, logFiles: 2, logCheckMs: 10 } })
  const chatty = ['node', '-e', "setInterval(() => process.stdout.write('x'.repeat(99) + '\\n'), 1)"]
  await test.create({ run_command: chatty }, board)
  await eventually('two rotations', async () => {
    const aside = await stat(test.path('log', 'stdout.log.1')).catch(() => undefined)
    return aside && aside.size > 0 && (await test.read('log', 'stdout.log')).length > 0
  })
  expect((await readdir(test.path('log'))).sort()).toEqual(['put-aside.json', 'stderr.log', 'stdout.log', 'stdout.log.1'])
  expect(await test.read('log', 'stdout.log')).not.toContain('\0')
})

it('a container with other files under the same name is replaced, process and all', async () => {
  await using test = new TestBoard()
  const first = await test.create({ run_command: IDLE })
  const identity = test.identity()
  first.detach()
  const second = await test.board.create(test.spec({ run_command: IDLE }, { instance: 'another' }))
  test.track(second)
  expect(isAlive(identity)).toBe(false)
  expect(await second.runtime()).toMatchObject({ state: 'running', pid: test.identity().pid })
})
