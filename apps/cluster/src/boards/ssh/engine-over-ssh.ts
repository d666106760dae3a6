import { Agent } from 'node:http'
import { basename } from 'node:path/posix'
import type { Duplex } from 'node:stream'
import Docker from 'dockerode'
import { boardError } from '../board-error'
import { runOver } from './run-over-ssh'
import type { SshConnection } from './ssh-connection'

/** SSH_OPEN_UNKNOWN_CHANNEL_TYPE */
const UNKNOWN_CHANNEL = 3

/** What node's HTTP client calls on a TCP socket and a channel does not have. */
const SOCKET_METHODS = ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref'] as const

/** The Engine of a machine: every request and stream is a channel of the one SSH connection, and fails with it. */
export function engineOver(connection: SshConnection, engineSocket: string): Docker {
  // dockerode's types know neither an agent nor a version that is left to the Engine.
  return new Docker({
    protocol: 'http',
    host: 'engine',
    port: 80,
    agent: new EngineAgent(connection, engineSocket),
  } as Docker.DockerOptions)
}

/** A line of /proc/net/unix: number, references, protocol, flags; this flag is that of a listener. */
const LISTENING = /^\S+ \S+ \S+ 00010000 /

type Connected = (error: Error | null, channel?: Duplex) => void

class EngineAgent extends Agent {
  readonly #connection: SshConnection
  readonly #socket: string

  constructor(connection: SshConnection, socket: string) {
    super({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
    this.#connection = connection
    this.#socket = socket
  }

  override createConnection(_options: unknown, connected: Connected): undefined {
    const { client } = this.#connection
    const open = (): Promise<Duplex> =>
      new Promise((resolve, reject) => {
        client.openssh_forwardOutStreamLocal(this.#socket, (error, channel) => (error ? reject(error) : resolve(channel)))
      })
    this.#connection.orLost(open).then(
      (channel) => connected(null, asSocket(channel, this.#connection)),
      (error) => this.#explain(error).then(connected),
    )
  }

  /** The server only says "open failed": what is wrong has to be looked up. */
  async #explain(error: unknown): Promise<Error> {
    const { board, user } = this.#connection.target
    const why = await this.#whyClosed(user, (error as { reason?: unknown } | undefined)?.reason).catch(() => error)
    return this.#connection.lost ?? boardError(board, 'reach its Docker Engine', why, { reason: 'engine' })
  }

  async #whyClosed(user: string, reason: unknown): Promise<string> {
    const socket = this.#socket
    const isTrue = async (flag: string): Promise<boolean> => (await runOver(this.#connection, ['test', flag, socket])).code === 0
    if (!(await isTrue('-e'))) return `there is no ${socket}: is Docker installed and its Engine running?`
    if (!(await isTrue('-S'))) return `${socket} is no socket: is engine_socket right?`
    if (!(await isTrue('-w'))) {
      return `user "${user}" may not use ${socket}: put it into the docker group (sudo usermod -aG docker ${user}) and connect again`
    }
    if (reason === UNKNOWN_CHANNEL) return 'its SSH server cannot forward sockets: OpenSSH 6.7 or later can'
    if (await this.#isListening()) return 'its SSH server forbids it: AllowStreamLocalForwarding must not be no in sshd_config'
    return `nothing listens at ${socket}: start the Engine (sudo systemctl start docker)`
  }

  /** OpenSSH gives the same reason for what it forbids and for a socket that nobody serves: the kernel knows. */
  async #isListening(): Promise<boolean> {
    const { stdout: real } = await runOver(this.#connection, ['readlink', '-f', this.#socket])
    const paths = [this.#socket, real.toString('utf8').trim()]
    const { stdout } = await runOver(this.#connection, ['grep', '-F', basename(this.#socket), '/proc/net/unix'])
    return stdout
      .toString('utf8')
      .split('\n')
      .some((line) => LISTENING.test(line) && paths.some((path) => line.endsWith(` ${path}`)))
  }
}

/** A channel that node's HTTP client takes for a socket; when the connection goes, it fails with the reason. */
function asSocket(channel: Duplex, connection: SshConnection): Duplex {
  const nothing = (): Duplex => channel
  for (const method of SOCKET_METHODS) Object.defineProperty(channel, method, { value: nothing })
  Object.defineProperty(channel, 'destroySoon', { value: () => channel.destroy() })
  // A stream that was handed on has no listener of node's any more.
  channel.on('error', () => {})
  // Without this a request that waits for its answer hears only "socket hang up".
  const forget = connection.whenLost((why) => channel.emit('error', why))
  channel.once('close', forget)
  return channel
}
