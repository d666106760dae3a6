import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectSsh, type SshConnection } from './ssh-connection'
import { SshMachine } from './ssh-machine'
import type { SshTarget, SshTimes } from './ssh-target'

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((file) => existsSync(file))

/** Why the suites with a real SSH server cannot run here; undefined: they can. */
export const NO_SSHD = SSHD ? undefined : 'there is no sshd: apt-get install openssh-server'

/** For tests that are not about time: a busy machine may be slow. */
export const PATIENT: SshTimes = { connectMs: 15_000, loginMs: 30_000, silenceMs: 20_000 }

/** A key pair as files of OpenSSH. */
export interface TestKey {
  file: string
  /** `ssh-ed25519 AAAA…` */
  line: string
  /** In its wire form. */
  blob: Buffer
}

/**
 * A real sshd, one process for each connection, on a port of 127.0.0.1 that the system chose.
 *
 * Bytes go through us: the link can be cut so that both sides hear nothing, and the server be killed.
 */
export class TestSshd implements AsyncDisposable {
  readonly root: string
  readonly hostKeys: readonly TestKey[]
  readonly userKey: TestKey
  port = 0
  readonly #server: Server
  readonly #links = new Set<{ socket: Socket; child: ChildProcess }>()
  readonly #connections = new Set<SshConnection>()
  #cut = false

  private constructor(root: string, hostKeys: readonly TestKey[], userKey: TestKey) {
    this.root = root
    this.hostKeys = hostKeys
    this.userKey = userKey
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** @param keyTypes - of its host keys */
  static async start(keyTypes: readonly ('ed25519' | 'rsa')[] = ['ed25519'], config = ''): Promise<TestSshd> {
    const root = await mkdtemp(join(tmpdir(), 'aicluster-sshd-'))
    await mkdir(join(root, 'home'))
    const hostKeys = await Promise.all(keyTypes.map((type) => makeKey(join(root, `host_${type}`), { type })))
    const userKey = await makeKey(join(root, 'user'))
    await writeFile(join(root, 'authorized_keys'), `${userKey.line}\n`)
    const lines = [
      ...hostKeys.map(({ file }) => `HostKey ${file}`),
      `AuthorizedKeysFile ${join(root, 'authorized_keys')}`,
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'StrictModes no',
      'UsePAM no',
      'PrintMotd no',
      'Subsystem sftp internal-sftp',
      // Else each command runs the start-up files of whoever runs the tests: those of pyenv wait a minute for one that was killed.
      `SetEnv HOME=${join(root, 'home')}`,
    ]
    await writeFile(join(root, 'config'), [...lines, config, ''].join('\n'))
    // Debian's makes it when its service starts, which need not run.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    const sshd = new TestSshd(root, hostKeys, userKey)
    await new Promise<void>((resolve) => sshd.#server.listen(0, '127.0.0.1', resolve))
    sshd.port = (sshd.#server.address() as AddressInfo).port
    return sshd
  }

  /** How it is reached by whoever knows its first host key and has its user's key. */
  async target(changes: Partial<SshTarget> = {}): Promise<SshTarget> {
    const [hostKey] = this.hostKeys
    const knownHosts = join(this.root, 'known_hosts')
    await writeFile(knownHosts, `[127.0.0.1]:${this.port} ${hostKey?.line}\n`)
    const user = userInfo().username
    return {
      board: 'b1',
      address: '127.0.0.1',
      port: this.port,
      user,
      identityFile: this.userKey.file,
      knownHosts: [knownHosts],
      ...changes,
    }
  }

  async connect(times = PATIENT): Promise<SshConnection> {
    const connection = await connectSsh(await this.target(), times)
    this.#connections.add(connection)
    return connection
  }

  async machine(engineSocket = join(this.root, 'engine.sock')): Promise<SshMachine> {
    return SshMachine.on(await this.connect(), engineSocket)
  }

  /** Nothing comes through any more, in either direction; nobody is told. */
  cut(): void {
    this.#cut = true
    for (const { socket, child } of this.#links) {
      socket.pause()
      child.stdout?.pause()
    }
  }

  heal(): void {
    this.#cut = false
    for (const { socket, child } of this.#links) {
      socket.resume()
      child.stdout?.resume()
    }
  }

  /** Every connection's server process dies. */
  kill(): void {
    for (const { socket, child } of this.#links) {
      child.kill('SIGKILL')
      // Its helper process would serve on.
      socket.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close()
    this.kill()
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.root, { recursive: true, force: true })
  }

  #serve(socket: Socket): void {
    const child = spawn(SSHD as string, ['-i', '-e', '-f', join(this.root, 'config')], { stdio: ['pipe', 'pipe', 'ignore'] })
    const link = { socket, child }
    this.#links.add(link)
    socket.on('data', (bytes) => child.stdin.write(bytes))
    child.stdout.on('data', (bytes) => socket.write(bytes))
    socket.on('end', () => child.stdin.end())
    for (const stream of [socket, child.stdin]) stream.on('error', () => {})
    socket.on('close', () => child.kill('SIGKILL'))
    child.on('close', () => {
      this.#links.delete(link)
      socket.destroy()
    })
    if (this.#cut) this.cut()
  }
}

/** A key pair at `file` and `file.pub`. */
export async function makeKey(file: string, options: { type?: 'ed25519' | 'rsa'; passphrase?: string } = {}): Promise<TestKey> {
  const { type = 'ed25519', passphrase = '' } = options
  // Not by ssh2: one in 500 of the keys that it makes is broken.
  await promisify(execFile)('ssh-keygen', ['-q', '-t', type, '-m', 'PEM', '-C', '', '-N', passphrase, '-f', file])
  const line = (await readFile(`${file}.pub`, 'utf8')).trim()
  return { file, line, blob: Buffer.from(line.split(' ')[1] as string, 'base64') }
}
