import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CliWorld, DIGIT, type Json, program } from './aicluster'
import { missingForTerminals } from './terminal'

let world: CliWorld
beforeEach(async () => {
  world = await CliWorld.open()
  await world.run(['up', '--detach'])
})
afterEach(() => world[Symbol.asyncDispose]())

/** On a busy machine a command takes seconds. */
const soon = <Value>(what: string, check: () => Value | Promise<Value>) => eventually(what, check, 25_000)

/** Load a program that holds each request until a file called `open` appears in the folder of gates. */
async function loadGated(): Promise<void> {
  mkdirSync(join(world.folder, 'gates'))
  const config = { name: 'gated', run_command: [process.execPath, program('gated')], implementation_type: 'other' }
  const file = world.file('gated.json', JSON.stringify({ ...config, env: { TEST_GATES: join(world.folder, 'gates') } }))
  expect((await world.run(['load', file, '--board', 'board1'])).exitCode).toBe(0)
}

const openGate = () => writeFileSync(join(world.folder, 'gates', 'open'), '')

describe('requests in the cluster', () => {
  it('are listed, and deleted only with --force: their application sees 310', async () => {
    await loadGated()
    const application = world.start('infer', 'gated', DIGIT, DIGIT, DIGIT, '--json')
    const list = async () => (await world.json('queue', 'ls', 'gated')).value
    const before = await soon('one request is worked on, two wait', async () => {
      const entries = await list()
      return entries.length === 3 && entries[0].state === 'started' && entries
    })
    expect(before).toMatchObject([
      { state: 'started', suffixName: 'gated-board1', inferenceName: 'gated', pid: application.pid },
      { state: 'queued', own: false, requestNo: expect.stringMatching(/^\d+$/) },
      { state: 'queued' },
    ])
    const first = await world.run(['queue', 'ls', '--pid', String(application.pid), '--limit', '1'])
    expect(first.stdout).toMatch(/^ *REQUEST +INFERENCE +STATE .*\n *\d+ +gated +started +gated-board1 .*\n$/)
    expect(first.stderr).toContain('more than these 1: --limit')

    const refused = await world.run(['queue', 'rm', 'gated'])
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^PermissionError \[308\].*\n.*--force/) })
    expect(await list()).toHaveLength(3)
    const one = await world.json('queue', 'rm', '--request', before[1].requestNo, '--force')
    expect(one.value).toMatchObject({ deleted: 1, remaining: [{ requestNo: before[2].requestNo }] })
    expect((await world.run(['queue', 'rm', '--all', '--force'])).stdout).toBe('Deleted 1 request.\n')

    openGate()
    const { stdout } = await application.end()
    // Files are read side by side: which of them came first is open.
    const outcomes: unknown[] = JSON.parse(stdout).results.map(({ result, error }: Json) => error?.code ?? result.gate)
    expect(outcomes.toSorted()).toEqual([310, 310, 'open'])
    expect((await world.run(['queue', 'ls'])).stdout).toBe('No requests there.\n')
  })
})

describe('Ctrl-C on infer', () => {
  it('takes back what waits; the container gives free what it holds, as soon as it answers', async () => {
    await loadGated()
    const application = world.start('infer', 'gated', DIGIT, DIGIT)
    await soon('one request is worked on, one waits', async () => (await world.json('queue', 'ls')).value.length === 2)

    application.kill('SIGINT')
    const { exitCode, stderr } = await application.end()
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^RequestAbortedError \[312\]: .*interrupted; 2 of 2 files have no answer$/m)
    expect((await world.json('queue', 'ls')).value.filter(({ state }: Json) => state === 'queued')).toEqual([])
    openGate()
    await soon('nothing is open', async () => (await world.json('status')).value.gauges.requests_in_flight === 0)
    expect((await world.run(['unload', 'gated'])).exitCode).toBe(0)
  })

  it('ends it while it waits for its standard input', async () => {
    await world.run(['load', '--name', 'loop', '--type', 'Loop'])
    const application = world.start('infer', 'loop', '-')
    await soon('it is connected', async () => (await world.json('status')).value.gauges.hosts_connected === 2)

    application.kill('SIGINT')
    expect(await application.end()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('1 of 1 files have no answer') })
  })
})

describe('containers', () => {
  it('get no requests while distribution is off, and get them again', async () => {
    await loadGated()
    openGate()
    const off = await world.run(['distribution', 'stop', '--container', 'gated-board1'])
    expect(off.stdout).toMatch(/^CONTAINER .*\ngated-board1 +gated +off\n$/)
    const application = world.start('infer', 'gated', DIGIT)
    await soon('the request waits', async () => (await world.json('queue', 'ls')).value[0]?.state === 'queued')

    expect((await world.json('distribution', 'start', 'gated')).value).toEqual([
      { name: 'gated', suffixName: 'gated-board1', distribution: 'on' },
    ])
    expect((await application.end()).exitCode).toBe(0)
  })

  it('on several boards get none, and get them again, with one command', async () => {
    await world.run(['load', '--name', 'loop', '--type', 'Loop'])
    const off = await world.run(['distribution', 'stop', 'loop'])
    expect(off).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\nloop-board1 +loop +off\nloop-board2 +loop +off\n$/) })
    expect((await world.run(['ps'])).stdout).toMatch(/^loop-board1 .* Free, paused /m)
    expect((await world.json('ps', 'loop')).value).toMatchObject([{ distributionOff: ['loop'] }, { distributionOff: ['loop'] }])
    expect((await world.run(['status'])).stdout).toMatch(/^loop +2, 2 paused /m)
    expect((await world.json('distribution', 'start')).value).toMatchObject([{ distribution: 'on' }, { distribution: 'on' }])
  })

  it('stop, start, and come to a further board', async () => {
    await loadGated()
    expect((await world.run(['stop', 'gated-board1'])).stdout).toBe('gated-board1 is exited.\n')
    expect((await world.json('start', 'gated-board1')).value).toMatchObject({ suffixName: 'gated-board1', connectStatus: 'connected' })
    expect((await world.run(['add', 'gated', '--board', 'board2'])).stdout).toBe('gated-board2 serves gated on board2.\n')
    const { value } = await world.json('boards')
    expect(value).toMatchObject([
      { name: 'board1', inferences: ['gated'], containers: 1, connected: 1, freeCredits: 1, credits: 1 },
      { name: 'board2', inferences: ['gated'], containers: 1, connected: 1, freeCredits: 1, credits: 1 },
    ])
    expect((await world.run(['boards'])).stdout).toMatch(/^board2 +local +\S+ +up +1 +1 +1\/1 .* gated$/m)
    expect((await world.json('images', 'board1')).value).toMatchObject([{ name: 'board1', images: expect.any(Array) }])
  })

  it('take new files with their next start', async () => {
    const folder = join(world.folder, 'files')
    mkdirSync(folder)
    writeFileSync(join(folder, 'answer.txt'), 'old')
    await world.run(['load', '--name', 'reader', '--script-path', folder, '--run', process.execPath, program('reader')])
    const answer = async () => (await world.json('infer', 'reader', DIGIT)).value.results[0].result.answer
    expect(await answer()).toBe('old')

    world.file('answer.txt', 'new')
    expect(await world.run(['put', 'reader', '--other', 'answer.txt'])).toMatchObject({
      exitCode: 0,
      stdout: 'Put 1 file of reader. They count from its next start: aicluster reload reader\n',
    })
    expect(await answer()).toBe('old')
    expect((await world.run(['reload', 'reader'])).stdout).toBe('Reloaded reader on board1, board2.\n')
    expect(await answer()).toBe('new')
  })

  it('are shown with every attribute', async () => {
    await world.run(['load', '--name', 'loop', '--type', 'Loop'])
    const { stdout } = await world.run(['containers', '--board', 'board2', '--wide'])
    expect(stdout).toMatch(/^loop-board2\n {2}name +loop\n/)
    expect(stdout).toMatch(/^ {2}sendTimeout +60000$/m)
    expect(stdout).not.toContain('loop-board1\n')
    expect((await world.run(['containers'])).stdout).toMatch(/^CONTAINER .* TX \/ RX .* TYPE .*\nloop-board1 .* Loop /)
  })

  it('that are not there are told with those that are', async () => {
    await world.run(['load', '--name', 'loop', '--type', 'Loop', '--board', 'board1'])
    const stopped = await world.run(['stop', 'loop'])
    expect(stopped).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ContainerNotFoundError \[307\].*"loop"; there are loop-board1\n/),
    })
    expect((await world.json('add', 'loop', '--board', 'b')).value.error).toMatchObject({ code: 304, details: { coprocessor_name: 'b' } })
    expect((await world.json('logs', 'loop')).value.error.code).toBe(307)
  })
})

describe('what a container prints', () => {
  it('is shown, its last lines, and what comes then until Ctrl-C', async () => {
    await world.run(['load', '--name', 'talker', '--board', 'board1', '--run', process.execPath, program('talker')])
    const say = (text: string) => world.run(['infer', 'talker', '-'], text)
    await say('one\ntwo\nthree\n')
    await soon('three lines are there', async () => (await world.json('logs', 'talker-board1')).value.lines.length === 3)
    expect(await world.run(['logs', 'talker-board1', '-n', '2'])).toEqual({ exitCode: 0, stdout: 'two\nthree\n', stderr: '' })

    const following = world.start('logs', 'talker-board1', '-f', '-n', '1', '--json')
    await soon('the last line is shown', () => following.said.stdout === '{"line":"three"}\n')
    await say('four\u001b[2J\n')
    await soon('the next line is shown', () => following.said.stdout === '{"line":"three"}\n{"line":"four"}\n')
    following.kill('SIGINT')
    expect(await following.end()).toMatchObject({ exitCode: 0, stderr: '' })
  })
})

it('one board that cannot be reached hides no images of the others; asked for by name it fails', async () => {
  await world.run(['down'])
  const identity = world.file('id', '')
  const dead = `{ name: dead, driver: ssh, address: 127.0.0.1, port: 1, user: nobody, identity_file: ${identity} }`
  const listen = 'listen: { transport: tcp, host: 0.0.0.0, inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }'
  await world.run(['up', '--detach', '-c', world.file('c.yaml', `${listen}\nboards:\n  - name: board1\n  - ${dead}\n`)])

  const all = await world.run(['images'])
  expect(all).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^SSH error: board "dead": .*\n$/) })
  expect((await world.json('images')).value).toMatchObject([
    { name: 'board1', images: expect.any(Array) },
    { name: 'dead', images: [], error: { code: 500 } },
  ])
  expect((await world.json('images', 'dead')).value.error).toMatchObject({ code: 500 })
})

describeUnless(missingForTerminals(), 'long work on a terminal', () => {
  it('shows a line for each board in place; Ctrl-C has the cluster take it back', async () => {
    const terminal = world.terminal('load', '--name', 'silent', '--run', process.execPath, program('silent'))
    await terminal.shows(/^[-|/\\] loading silent on every board \(\d s\)\n {2}silent on board1 {2}start\n {2}silent on board2 {2}start$/)
    await terminal.shows(/\(2 s\)/)
    expect(terminal.screen.text.split('\n')).toHaveLength(3)

    terminal.type('\u0003')
    expect(await terminal.end()).toEqual({ exitCode: 1, echoes: true })
    expect(terminal.screen.text).toMatch(/^RequestAbortedError \[312\]: .*interrupted\n.*takes back/)
    await soon('nothing is loaded', async () => (await world.json('ps')).value.length === 0)
  })

  it('is lines elsewhere, and nothing with --quiet', async () => {
    const config = {
      name: 'silent',
      run_command: [process.execPath, program('silent')],
      implementation_type: 'other',
      start_timeout: 2_500,
    }
    const file = world.file('silent.json', JSON.stringify(config))
    const told = await world.run(['load', file, '--board', 'board1'])
    expect(told.stderr).toMatch(/^loading silent on board1 \.\.\.\nsilent on board1: start\n/)
    const quiet = await world.run(['load', file, '--board', 'board1', '--quiet'])
    expect(quiet.stderr).toMatch(/^ContainerStartError \[311\]/)
  })
})
