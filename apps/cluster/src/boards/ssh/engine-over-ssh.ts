import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import Docker from 'dockerode'
import { boardError } from '../board-error'
import { runOver } from './run-over-ssh'
import type { SshConnection } from './ssh-connection'

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED: the server's configuration forbids it. */
const FORBIDDEN = 1

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
    const { client, lost } = this.#connection
    if (lost) {
      connected(lost)
      return
    }
    const opened = (error: Error | undefined, channel?: Duplex): void => {
      if (!error && channel) connected(null, asSocket(channel, this.#connection))
      else void this.#explain(error).then((words) => connected(words))
    }
    try {
      client.openssh_forwardOutStreamLocal(this.#socket, opened)
    } catch (error) {
      opened(error as Error)
    }
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
    if (reason === FORBIDDEN) return 'its SSH server forbids it: AllowStreamLocalForwarding must not be no in sshd_config'
    return `nothing listens at ${socket}: start the Engine (sudo systemctl start docker)`
  }
}

/** A channel that node's HTTP client takes for a socket; when the connection goes, it fails with the reason. */
function asSocket(channel: Duplex, connection: SshConnection): Duplex {
  const nothing = (): Duplex => channel
  for (const method of SOCKET_METHODS) Object.defineProperty(channel, method, { value: nothing })
  Object.defineProperty(channel, 'destroySoon', { value: () => channel.destroy() })
  channel.once('close', () => {
    // Without this a request that waits for its answer hears only "socket hang up".
    if (connection.lost && !channel.errored) channel.emit('error', connection.lost)
  })
  return channel
}
