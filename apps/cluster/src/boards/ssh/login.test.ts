import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { type AuthContext, type Connection, Server, type ServerChannel } from 'ssh2'
import { afterEach, expect, it, vi } from 'vitest'
import { fingerprintOf } from './fingerprint'
import { readHostKey } from './read-host-key'
import { connectSsh } from './ssh-connection'
import { SshMachine } from './ssh-machine'
import type { SshTarget } from './ssh-target'
import { makeKey, NO_SSHD, PATIENT, TestSshd } from './test-sshd'

/** A server of ssh2's own, for what a real sshd does only with other users and other settings. */
class OddServer implements AsyncDisposable {
  asked = 0
  readonly #server: Server
  readonly #root: string
  readonly #connections = new Set<Connection>()
  readonly target: SshTarget

  private constructor(server: Server, root: string, fingerprint: string) {
    this.#server = server
    this.#root = root
    const { port } = server.address() as AddressInfo
    this.target = { board: 'b1', address: '127.0.0.1', port, user: 'pi', passwordFile: join(root, 'password'), knownHosts: [], fingerprint }
  }

  static async start(auth: (context: AuthContext) => void, exec?: (channel: ServerChannel) => void): Promise<OddServer> {
    const root = await mkdtemp(join(tmpdir(), 'aicluster-odd-'))
    const key = await makeKey(join(root, 'host'), { type: 'rsa' })
    await writeFile(join(root, 'password'), 'rasp berry\nsecond line\n', { mode: 0o600 })
    const server = new Server({ hostKeys: [await readFile(key.file)] })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const odd = new OddServer(server, root, fingerprintOf(key.blob))
    server.on('connection', (client) => {
      odd.#connections.add(client)
      client.on('error', () => {})
      client.on('authentication', (context) => {
        odd.asked++
        auth(context)
      })
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec) => exec?.(acceptExec()))
      })
    })
    return odd
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.end()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    await rm(this.#root, { recursive: true })
  }
}

const byPassword = (context: AuthContext): void => {
  if (context.method === 'password' && context.password === 'rasp berry') context.accept()
  else context.reject(['password'])
}

const byDialogue = (context: AuthContext): void => {
  if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive'])
  context.prompt([{ prompt: 'Password:', echo: false }], ([answer]) => (answer === 'rasp berry' ? context.accept() : context.reject()))
}

it.each([
  ['when asked for it', byPassword],
  ['in a dialogue', byDialogue],
])('a password is the first line of its file, given %s', async (_, auth) => {
  await using server = await OddServer.start(auth)
  const connection = await connectSsh(server.target, PATIENT)
  connection.close()
})

it('a wrong password is refused, and not shown', async () => {
  await using server = await OddServer.start((context) => context.reject(['password']))
  const error = await connectSsh(server.target, PATIENT).catch((why) => why)
  expect(error).toMatchObject({ code: 500, details: { reason: 'login-refused' } })
  expect(error.message).toContain(`user "pi" was not let in with password of ${server.target.passwordFile}`)
  expect(JSON.stringify(error)).not.toContain('rasp')
})

it('a password is not given to a machine whose key is not accepted', async () => {
  await using server = await OddServer.start(byPassword)
  await expect(connectSsh({ ...server.target, fingerprint: `SHA256:${'A'.repeat(43)}` }, PATIENT)).rejects.toMatchObject({ code: 500 })
  expect(server.asked).toBe(0)
})

it('the key of a machine is read without logging in', async () => {
  await using server = await OddServer.start(byPassword)
  expect(fingerprintOf(await readHostKey(server.target, PATIENT))).toBe(server.target.fingerprint)
  expect(server.asked).toBe(0)
})

it.each([
  ['changes words', '"changed"'],
  ['prints a greeting', `Welcome!\n'"\\n$(id)\`*! \n~`],
])('a login shell that %s is refused before anything is run', async (_, output) => {
  await using server = await OddServer.start(byPassword, (channel) => {
    channel.write(output)
    channel.exit(0)
    channel.end()
  })
  const connection = await connectSsh(server.target, PATIENT)
  await expect(SshMachine.on(connection, '/engine')).rejects.toMatchObject({
    code: 500,
    message: expect.stringContaining('the login shell of user "pi" changes the words of a command, or prints on its own'),
    details: { board: 'b1', reason: 'shell' },
  })
  connection.close()
})

it('a login shell that never comes to our command is told from a dead board, with where to look', async () => {
  await using server = await OddServer.start(byPassword, () => {})
  const connection = await connectSsh(server.target, PATIENT)
  await expect(SshMachine.on(connection, '/engine', 50)).rejects.toMatchObject({
    code: 500,
    message: expect.stringMatching(/the login shell of user "pi" did not run a small command within 50 ms: .*start-up files/),
    details: { board: 'b1', reason: 'shell' },
  })
  connection.close()
})

const NO_AGENT = spawnSync('ssh-agent', ['-h']).error ? 'there is no ssh-agent: apt-get install openssh-client' : undefined

/** A real agent, with the keys that it is given. */
class TestAgent implements AsyncDisposable {
  private constructor(
    readonly socket: string,
    private readonly stop: () => Promise<unknown>,
  ) {}

  static async start(root: string): Promise<TestAgent> {
    const socket = join(root, 'agent.sock')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    const ended = once(agent, 'exit')
    await eventually('the agent', () => existsSync(socket))
    return new TestAgent(socket, () => {
      agent.kill()
      return ended
    })
  }

  async add(keyFile: string): Promise<void> {
    await promisify(execFile)('ssh-add', ['-q', keyFile], { env: { ...process.env, SSH_AUTH_SOCK: this.socket } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

describeUnless(NO_SSHD ?? NO_AGENT, 'an SSH agent', () => {
  afterEach(() => vi.unstubAllEnvs())

  it.each([
    ['that of SSH_AUTH_SOCK', () => true as const],
    ['the one at a socket', (socket: string) => socket],
  ])('opens the board with the key that it holds: %s', async (_, agentOf) => {
    await using sshd = await TestSshd.start()
    await using agent = await TestAgent.start(sshd.root)
    await agent.add((await makeKey(join(sshd.root, 'another'))).file)
    await agent.add(sshd.userKey.file)
    const way = agentOf(agent.socket)
    vi.stubEnv('SSH_AUTH_SOCK', way === true ? agent.socket : '/nowhere')
    const connection = await connectSsh(await sshd.target({ identityFile: undefined, agent: way }), PATIENT)
    expect(connection.lost).toBeUndefined()
    connection.close()
  })

  const refusalOf = async (target: SshTarget): Promise<unknown> => connectSsh(target, PATIENT).catch((error: unknown) => error)

  it.each([
    ['another key', 1],
    ['no key', 0],
  ])('that holds %s is not let in, and is named', async (_, keys) => {
    await using sshd = await TestSshd.start()
    await using agent = await TestAgent.start(sshd.root)
    if (keys > 0) await agent.add((await makeKey(join(sshd.root, 'another'))).file)
    expect(await refusalOf(await sshd.target({ identityFile: undefined, agent: agent.socket }))).toMatchObject({
      code: 500,
      message: expect.stringMatching(/was not let in with agent .*agent\.sock: .*ssh-add -l/),
      details: { board: 'b1', reason: 'login-refused' },
    })
  })

  it('that is not there is named, with what to do', async () => {
    await using sshd = await TestSshd.start()
    const gone = join(sshd.root, 'gone.sock')
    expect(await refusalOf(await sshd.target({ identityFile: undefined, agent: gone }))).toMatchObject({
      code: 500,
      message: expect.stringMatching(/agent .*gone\.sock cannot be used: .*: does the agent run/),
      details: { board: 'b1', reason: 'credentials' },
    })
    vi.stubEnv('SSH_AUTH_SOCK', '')
    expect(await refusalOf(await sshd.target({ identityFile: undefined, agent: true }))).toMatchObject({
      code: 500,
      message: expect.stringContaining('the manager was started without SSH_AUTH_SOCK: start it with an agent, or give its socket'),
      details: { board: 'b1', reason: 'credentials' },
    })
  })
})
