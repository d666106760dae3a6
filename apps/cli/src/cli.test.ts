import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from './cli'

/** A state folder that no manager has. */
let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'aicluster-cli-'))
})
afterEach(() => rmSync(state, { recursive: true, force: true }))

async function run(...argv: string[]) {
  const said = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof said) => ({ write: (text: string) => (said[name] += text) })
  const exitCode = await runCli(argv, '1.2.3', { stdout: stream('stdout'), stderr: stream('stderr'), env: { AICLUSTER_STATE: state } })
  return { exitCode, ...said }
}

describe('a wrong command line ends with 2 and says why', () => {
  it.each([
    ['no command', [], /Usage: aicluster/],
    ['an unknown command', ['lod'], /unknown command 'lod'.*\n.*did you mean load/i],
    ['an unknown option', ['ps', '--alll'], /unknown option '--alll'/],
    ['infer without files', ['infer', 'digits'], /missing required argument 'files'/],
    ['infer with a param that is no object', ['infer', 'a', 'x', '--param', '[1]'], /--param must be a JSON object/],
    ['infer with a param that is no JSON', ['infer', 'a', 'x', '--param', '{'], /--param is no JSON/],
    ['infer with a time that is none', ['infer', 'a', 'x', '--timeout', '0'], /--timeout is "0"/],
    ['load of nothing', ['load'], /nothing to load/],
    ['load of a name without a program', ['load', '--name', 'a'], /what is a to run\?/],
    ['load of a file and a name', ['load', 'a.json', '--name', 'a', '--type', 'Loop'], /not both/],
    ['load of a program without a name', ['load', 'a.json', '--run', 'sleep 1'], /--run needs --name/],
    ['load of a type there is none of', ['load', '--name', 'a', '--type', 'loop'], /Allowed choices are/],
    ['load of a type that needs an image', ['load', '--name', 'a', '--type', 'docker'], /Allowed choices are other, Loop/],
    ['load of words that are no files', ['load', '--name', 'a', '--', 'node', 'a.mjs'], /--run -- node a\.mjs/],
    ['load of a command that is none', ['load', '--name', 'a', '--run'], /--run without a command/],
    ['load on all and one board', ['load', 'a.json', '--board', 'all', '--board', 'b'], /--board all stands alone/],
    ['unload of everything, not said', ['unload'], /say --all/],
    ['unload of a board, not said', ['unload', '--board', 'board1'], /say --all/],
    ['unload of one and all', ['unload', 'a', '--all'], /contradict/],
    ['unload with a drain that is none', ['unload', 'a', '--drain', 'soon'], /--drain is "soon"/],
    ['up of a cluster elsewhere', ['up', '--endpoint', '127.0.0.1'], /--endpoint has no meaning/],
    ['up of a cluster that a key file tells of', ['up', '--key-file', 'k.json'], /--key-file has no meaning/],
    ['keys of a cluster that a key file tells of', ['keys', 'ls', '--key-file', 'k.json'], /--key-file has no meaning/],
    ['queue without what', ['queue'], /Usage: aicluster queue/],
    ['queue rm of everything, not said', ['queue', 'rm'], /say --all/],
    ['queue rm of some and all', ['queue', 'rm', 'a', '--all'], /contradict/],
    ['queue rm of a request that is no number', ['queue', 'rm', '--request', 'x'], /--request is "x"/],
    ['queue ls of a pid that is none', ['queue', 'ls', '--pid', '0'], /--pid is "0"/],
    ['queue ls of no entries', ['queue', 'ls', '--limit', '0'], /--limit is "0"/],
    ['distribution of a board and a container', ['distribution', 'stop', '--board', 'b', '--container', 'c'], /give it alone/],
    ['put without files', ['put', 'a'], /no file given/],
    ['add without a board', ['add', 'a'], /required option '--board/],
    ['start without a container', ['start'], /missing required argument 'container'/],
    ['logs of lines that are none', ['logs', 'c', '-n', 'all'], /--lines is "all"/],
    ['completion for a shell there is none of', ['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    ['a state folder and a key file', ['ps', '--state', '/x', '--key-file', 'k.json'], /give one of them/],
    ['two places', ['ps', '--state', '/x', '--endpoint', '127.0.0.1'], /give one of them/],
  ])('%s', async (_, argv, message) => {
    const { exitCode, stdout, stderr } = await run(...argv)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
  })

  it.each([[['unload', '--json']], [['--json', 'unload']], [['frob', '--json']]])('with --json as one JSON value: %j', async (argv) => {
    const { exitCode, stdout } = await run(...argv)
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toEqual({ error: { code: null, name: 'UsageError', message: expect.any(String), details: {} } })
  })
})

describe('without a cluster', () => {
  it.each([
    [['ps']],
    [['status']],
    [['top']],
    [['boards']],
    [['queue', 'ls']],
    [['distribution', 'stop']],
    [['logs', 'c', '-f']],
    [['infer', 'a', 'x']],
    [['load', '--name', 'a', '--type', 'Loop']],
    [['unload', '--all']],
    [['down']],
  ])('%j ends with 3 and says how to start one', async (argv) => {
    const { exitCode, stdout, stderr } = await run(...argv)
    expect(exitCode).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^SocketConnectionError \[110\]: .*aicluster up/)
  })

  it('--json has the error on stdout', async () => {
    const { exitCode, stdout } = await run('ps', '--json')
    expect(exitCode).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 110, name: 'SocketConnectionError', details: { stateFolder: state } } })
  })
})

it.each(['up', 'load', 'infer', 'top', 'queue ls', 'completion'])(
  'help for %s has its examples and the options of every command',
  async (command) => {
    const { exitCode, stdout, stderr } = await run(...command.split(' '), '--help')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`Examples:\\n.*\\$ .*aicluster ${command}`, 's'))
    for (const option of ['--state', '--endpoint', '--json', '--quiet', '--no-color']) expect(stdout).toContain(option)
  },
)

it('the help tells the exit codes', async () => {
  const { exitCode, stdout } = await run('--help')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/Exit codes:\n\s+0 .*\n\s+1 .*\n\s+2 .*\n\s+3 /)
})

it.each(['bash', 'zsh', 'fish'])('prints the completion of %s, which asks the program', async (shell) => {
  const { exitCode, stdout, stderr } = await run('completion', shell)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toContain('__complete')
})

it('--version prints it', async () => {
  expect(await run('--version')).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' })
})
