import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runs } from '../worlds/world-processes'
import { CliWorld, DIGIT, ECHO, type Json } from './aicluster'

let world: CliWorld
beforeEach(async () => {
  world = await CliWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const up = () => world.json('up', '--detach')
const echoOn = (...boards: string[]) => [
  'load',
  '--name',
  'echo',
  '--run',
  process.execPath,
  ECHO,
  ...boards.flatMap((name) => ['--board', name]),
]

describe('a cluster from the command line', () => {
  it('comes up, takes an inference, answers, and goes down without a trace', async () => {
    const started = await up()
    expect(started).toEqual({
      exitCode: 0,
      value: {
        pid: expect.any(Number),
        address: `ipc://${world.state}/run`,
        endpoint: `ipc://${world.state}/run`,
        admin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        stateFolder: world.state,
        log: join(world.state, 'manager.log'),
      },
    })
    expect(runs(started.value.pid)).toBe(true)

    const loaded = await world.run(['load', '--name', 'loop', '--type', 'Loop'])
    expect(loaded).toEqual({ exitCode: 0, stdout: 'Loaded loop on board1, board2.\n', stderr: '' })

    const { value: containers } = await world.json('ps')
    expect(containers.map(({ suffixName, connectStatus }: Json) => [suffixName, connectStatus])).toEqual([
      ['loop-board1', 'connected'],
      ['loop-board2', 'connected'],
    ])

    const { value: answer } = await world.json('infer', 'loop', DIGIT)
    expect(answer.results).toMatchObject([{ file: DIGIT, result: { type: 'ndarray', dtype: 'uint8', shape: [8, 8] } }])
    expect(Buffer.from(answer.results[0].result.base64, 'base64')).toHaveLength(64)

    // On a busy machine either may take over a second, and then says on stderr that it waits.
    const unloaded = 'Unloaded loop-board1, loop-board2.\nNothing is loaded any more.\n'
    expect(await world.run(['unload', 'loop'])).toMatchObject({ exitCode: 0, stdout: unloaded })
    expect(await world.run(['down'])).toMatchObject({ exitCode: 0, stdout: 'The cluster is down.\n' })
    await eventually('the manager has ended', () => world.processes().length === 0)
  })

  it('can be left without its containers, which the next manager takes over', async () => {
    await up()
    expect((await world.run(echoOn())).exitCode).toBe(0)
    const before: number[] = (await world.json('ps')).value.map(({ pid }: Json) => pid)

    expect((await world.json('down', '--keep-containers')).value).toEqual({ ended: true, containersKept: true })
    expect(before.filter(runs)).toEqual(before)
    await up()
    const after = await eventually('both containers are connected again', async () => {
      const { value } = await world.json('ps')
      return value.every(({ connectStatus }: Json) => connectStatus === 'connected') && value
    })

    expect(after.map(({ pid }: Json) => pid)).toEqual(before)
    expect((await world.run(['down'])).exitCode).toBe(0)
    await eventually('the containers have ended', () => world.processes().length === 0)
  })

  it('gives a program everything that stands behind --', async () => {
    await up()
    const given = [process.execPath, ECHO, '--json', '--force', '-q']
    const { exitCode, stdout } = await world.run(['load', '--name', 'a', '--run', '--', ...given])
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'Loaded a on board1, board2.\n' })
    expect((await world.json('containers', 'a')).value[0].runCommand).toEqual(given)
  })

  it('shows its state', async () => {
    const started = await up()
    await world.run(echoOn('board2'))
    const { value } = await world.json('status')
    expect(value).toMatchObject({
      manager: { pid: expect.any(Number), epoch: 1, adminUrl: started.value.admin },
      boards: [
        { name: 'board1', containers: 0, connected: 0 },
        { name: 'board2', containers: 1, connected: 1 },
      ],
      inferences: [{ name: 'echo', containers: 1, waiting: 0, inFlight: 0 }],
      gauges: { containers_connected: 1 },
    })
    const { stdout } = await world.run(['status'])
    expect(stdout).toMatch(/^Manager {4}pid \d+/)
    expect(stdout).toContain(`health and metrics: ${started.value.admin}\n`)
    expect(stdout).toMatch(/^board2 +local +\S+ +up +1 +1$/m)
    expect(stdout).toMatch(/^echo +1 +0 +0 B +0$/m)
  })
})

describe('files that are sent', () => {
  beforeEach(async () => {
    await up()
    await world.run(echoOn())
  })

  it('are answered in their order, decoded or as they are, with the param', async () => {
    const text = world.file('hello.txt', 'hello')
    const about = await world.json('infer', 'echo', DIGIT, text, '--param', '{"as":"about","n":1}')
    expect(about.value.results).toMatchObject([
      { file: DIGIT, result: { length: 64, metadata: { n: 1 } } },
      { file: text, result: { length: 5 } },
    ])
    const raw = await world.json('infer', 'echo', DIGIT, '--raw', '--param', '{"as":"bytes"}')
    expect(Buffer.from(raw.value.results[0].result.base64, 'base64')).toEqual(readFileSync(DIGIT))
    const fromStdin = await world.run(['infer', 'echo', '-', '--param', '{"as":"bytes"}'], 'from stdin')
    expect(fromStdin.stdout).toMatch(/^-: 10 B "from stdin" \([\d.]+ ms\)\n$/)
  })

  it('do not stop each other: one that fails is told of, and the exit code says so', async () => {
    const missing = join(world.folder, 'none.png')
    const broken = world.file('broken.png', readFileSync(DIGIT).subarray(0, 50))
    const both = await world.run(['infer', 'echo', missing, DIGIT])
    expect(both).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^\S+none\.png: InvalidArgumentError \[301\]: .*no such file/),
    })
    expect(both.stdout).toMatch(/7\.png: \{.*"length":64/)

    const { exitCode, value } = await world.json('infer', 'echo', DIGIT, missing, broken, '--param', '{"as":"array"}')
    expect(exitCode).toBe(1)
    expect(value.error).toMatchObject({ code: 301, name: 'InvalidArgumentError' })
    expect(value.results).toMatchObject([
      { file: DIGIT, result: { type: 'ndarray', shape: [8, 8] } },
      { file: missing, error: { code: 301 } },
      { file: broken, error: { code: 302, message: expect.stringContaining('--raw') } },
    ])
  })
})

describe('what fails', () => {
  it('in the cluster ends with 1, the error with its code, and what to try', async () => {
    await up()
    const human = await world.run(['infer', 'nothing', DIGIT])
    expect(human).toMatchObject({ exitCode: 1, stdout: '' })
    expect(human.stderr).toMatch(/: InferenceNameNotFoundError \[400\]: .*"nothing".*\n.*aicluster ps/)
    const machine = await world.json('unload', 'nothing')
    expect(machine).toMatchObject({
      exitCode: 1,
      value: { error: { code: 300, name: 'InferenceNameNotFoundError', details: { inference_name: 'nothing' } } },
    })
    expect((await world.json('load', '--name', 'a', '--type', 'Loop', '--board', 'board9')).value.error.code).toBe(304)
  })

  it('in a config file is told by field', async () => {
    await up()
    const file = world.file('a.yaml', '- name: a\n  implementationType: Loop\n- name: b\n  maxSendNum: 0\n')
    const { exitCode, stderr } = await world.run(['load', file])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^InvalidArgumentError \[302\]: .*"b".*max_send_num is 0/)
    expect((await world.json('ps')).value).toEqual([])
  })

  it('in a program is told with its last words, without what they would do to a terminal', async () => {
    await up()
    const program = world.file(
      'bad.mjs',
      'process.stderr.write("\\u001b[2J\\u001b]0;owned\\u0007the model is missing\\n"); process.exit(3)',
    )
    const { exitCode, stderr } = await world.run(['load', '--name', 'bad', '--run', process.execPath, program, '--board', 'board1'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^ContainerStartError \[311\]: .*code 3.*\n.*the model is missing\n$/)
    expect(stderr.includes('\u001b')).toBe(false)
  })

  it('for want of a cluster ends with 3: none started, or one that was killed', async () => {
    expect((await world.json('ps')).exitCode).toBe(3)
    const { value } = await up()
    process.kill(value.pid, 'SIGKILL')
    await eventually('the manager is gone', () => !runs(value.pid))
    const { exitCode, stderr } = await world.run(['ps'])
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(new RegExp(`SocketConnectionError \\[110\\].*pid ${value.pid}\\) is gone`))
  })

  it('on the command line ends with 2 and does nothing', async () => {
    await up()
    await world.run(['load', '--name', 'loop', '--type', 'Loop'])
    expect(await world.run(['unload'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('--all') })
    expect((await world.json('ps')).value).toHaveLength(2)
  })
})
