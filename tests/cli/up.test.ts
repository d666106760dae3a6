import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { eventually } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runs } from '../worlds/world-processes'
import { CliWorld, type Command, ECHO, type Json } from './aicluster'

const managerMain = fileURLToPath(new URL('../../apps/cluster/dist/main.js', import.meta.url))

let world: CliWorld
beforeEach(async () => {
  world = await CliWorld.open()
})
afterEach(() => world[Symbol.asyncDispose]())

const ready = (command: Command) => eventually('the cluster is up', () => command.said.stdout.includes('AICluster is up'), 15_000)
const loadEcho = () => world.run(['load', '--name', 'echo', '--run', process.execPath, ECHO])

describe('up in the foreground', () => {
  it('says where it is, shows its log in words, and Ctrl-C ends it with its containers', async () => {
    const command = world.start('up')
    await ready(command)
    expect((await loadEcho()).exitCode).toBe(0)
    command.kill('SIGINT')
    const { exitCode, stdout, stderr } = await command.end()
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /^AICluster is up \(pid \d+\): ipc:\/\/.*\/s\/run\nhealth and metrics: http:\/\/127\.0\.0\.1:\d+\nCtrl-C ends it/,
    )
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}ready /)
    expect(stderr).toMatch(/INFO {2}stopped\n$/)
    await eventually('the containers have ended', () => world.processes().length === 0)
  })

  it('leaves the containers on SIGTERM', async () => {
    const command = world.start('up')
    await ready(command)
    await loadEcho()
    const pids: number[] = (await world.json('ps')).value.map(({ pid }: Json) => pid)
    command.kill('SIGTERM')
    expect((await command.end()).exitCode).toBe(0)
    expect(pids.filter(runs)).toEqual(pids)
  })

  it('takes the manager and its containers along, however it ends', async () => {
    const command = world.start('up')
    await ready(command)
    await loadEcho()
    expect(world.processes().length).toBe(4)
    command.kill('SIGKILL')
    await eventually('nothing runs any more', () => world.processes().length === 0, 15_000)
  })

  it('ends when another terminal says down', async () => {
    const command = world.start('up', '--json')
    await eventually('it says that it is ready', () => command.said.stdout.endsWith('}\n'), 15_000)
    expect((await world.run(['down'])).exitCode).toBe(0)
    const { exitCode, stdout } = await command.end()
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ stateFolder: world.state })
  })
})

describe('up in the background', () => {
  it('keeps its log, readable for nobody else, and no secret in what it prints', async () => {
    const config = world.file('c.yaml', 'listen: { transport: tcp, inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }\n')
    const { stdout } = await world.run(['up', '--detach', '--json', '--config', config])
    const { log, endpoint, ports } = JSON.parse(stdout) as Json
    expect(endpoint).toBe(`127.0.0.1:${ports.inference}:${ports.management}`)
    expect(JSON.parse(readFileSync(log, 'utf8').split('\n')[0] ?? '')).toMatchObject({ msg: 'ready' })
    expect(statSync(log).mode & 0o077).toBe(0)
    const { token } = JSON.parse(readFileSync(`${world.state}/manager.json`, 'utf8')) as { token: string }
    expect(token.length).toBeGreaterThan(20)
    expect(stdout).not.toContain(token)
    expect((await world.run(['ps'])).exitCode).toBe(0)
  })
})

describe.each([
  ['in the foreground', []],
  ['in the background', ['--detach']],
])('up %s that cannot start ends with 1 and says why', (_, how) => {
  const open: Server[] = []
  afterEach(async () => {
    for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve))
  })

  /** Hold a port. */
  async function holdPort(): Promise<number> {
    const server = createServer()
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  async function refused(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await world.run(['up', ...how, ...args])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(world.processes()).toEqual([])
    return stderr
  }

  it('a port in use: which, and who holds it', async () => {
    const port = await holdPort()
    const config = world.file('c.yaml', `listen:\n  transport: tcp\n  management_port: ${port}\n  inference_port: 0\n`)
    const stderr = await refused('-c', config)
    expect(stderr).toContain(`port ${port} (listen.management_port) on 127.0.0.1 is in use`)
    // Only Linux tells who holds a port.
    if (process.platform === 'linux') expect(stderr).toContain(`(pid ${process.pid})`)
  })

  it('a broken configuration: file, line, column, key, every mistake', async () => {
    const config = world.file('c.yaml', 'boards:\n  - name: left\nlog_levl: info\ndrain_timeout: soon\n')
    const stderr = await refused('-c', config)
    expect(stderr).toContain(`${config}:3:1: unknown key log_levl, did you mean log_level?`)
    expect(stderr).toMatch(/c\.yaml:4:16: drain_timeout is "soon"/)
  })

  it('a configuration that is no YAML: file, line, column', async () => {
    expect(await refused('-c', world.file('c.yaml', 'boards: [\n'))).toMatch(/c\.yaml:2:1: not valid YAML/)
  })

  it.each([
    ['300.1.1.1', 'there is no such address or host name'],
    ['192.0.2.77', 'this machine does not have this address, it has'],
  ])('an address that cannot be bound: %s', async (address, why) => {
    expect(await refused('--listen', address)).toContain(`listen.host is "${address}" (--listen)`)
    expect(await refused('--listen', address)).toContain(why)
  })

  it('an address with a port: where ports are said', async () => {
    expect(await refused('--listen', '127.0.0.1:9000')).toMatch(/"127\.0\.0\.1:9000".*listen\.inference_port/)
  })

  it('a state folder that is a file', async () => {
    const file = world.file('file', '')
    expect(await refused('--state', file)).toContain(`the state folder ${file} cannot be used: there is a file in its place`)
  })

  it('a configuration that is not there', async () => {
    expect(await refused('-c', 'none.yaml')).toMatch(/none\.yaml: there is no such file/)
  })
})

it('keys ls of a state folder that is not there says so, and makes none', async () => {
  const folder = `${world.folder}/typo`
  const { exitCode, stderr } = await world.run(['keys', 'ls', '--state', folder])
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(`there is no state folder ${folder}`) })
  expect(existsSync(folder)).toBe(false)
})

it('the manager itself tells of a wrong option in one line', () => {
  const { status, stderr } = spawnSync(process.execPath, [managerMain, '--foo'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/^aicluster-manager: Unknown option '--foo' .*--help.*\n$/),
  })
})

it('down with a key file ends the manager that it tells of, and waits for that one alone', async () => {
  const here = await world.json('up', '--detach')
  const other = ['--state', `${world.folder}/other`]
  const config = world.file('c.yaml', 'listen: { transport: tcp, inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }\n')
  const there = await world.json('up', '--detach', '--config', config, ...other)
  const key = `${world.folder}/other.key.json`
  await world.run(['keys', 'add', 'me', '--may', 'manage', '--out', key, ...other])

  expect(await world.run(['down', '--key-file', key])).toMatchObject({ exitCode: 0, stdout: 'The cluster is down.\n' })
  await eventually('the other manager has ended', () => !runs(there.value.pid))
  expect(runs(here.value.pid)).toBe(true)
})

it('a second manager on one state folder is refused and does no harm to the first', async () => {
  const { value } = await world.json('up', '--detach')
  const second = await world.json('up', '--detach')
  expect(second).toMatchObject({
    exitCode: 1,
    value: { error: { message: expect.stringContaining(`in use by the manager with pid ${value.pid}`) } },
  })
  expect((await world.run(['ps'])).exitCode).toBe(0)
})
