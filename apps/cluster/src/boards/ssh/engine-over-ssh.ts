import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import Docker from 'dockerode'
import { boardError } from '../board-error'
import { guardReplies } from '../engine/guard-replies'
import { runOver } from './run-over-ssh'
import type { SshConnection } from './ssh-connection'

/** SSH_OPEN_UNKNOWN_CHANNEL_TYPE */
const UNKNOWN_CHANNEL = 3

/** What node's HTTP client calls on a TCP socket and a channel does not have. */
const SOCKET_METHODS = ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref'] as const

export interface EngineOverSsh {
  docker: Docker
  /** End whatever it has been asked and has not answered, with this error. */
  giveUp(why: Error): void
}

/** The Engine of a machine: every request and stream is a channel of the one SSH connection, and fails with it. */
export function engineOver(connection: SshConnection, engineSocket: string): EngineOverSsh {
  const agent = new EngineAgent(connection, engineSocket)
  // dockerode's types know neither an agent nor a version that is left to the Engine.
  const docker = guardReplies(new Docker({ protocol: 'http', host: 'engine', port: 80, agent } as Docker.DockerOptions))
  return { docker, giveUp: (why) => agent.giveUp(why) }
}

/**
 * Fixed text; the socket's path is its argument. Says in one word what keeps us from it: OpenSSH gives the same reason
 * for what it forbids and for a socket that nobody serves, but the kernel knows its listeners (flag 00010000).
 */
const LOOK = `
[ -e "$1" ] || { echo missing; exit; }
[ -S "$1" ] || { echo other; exit; }
[ -w "$1" ] || { echo closed; exit; }
real=$(readlink -f "$1")
while read -r _ _ _ flags _ _ _ path; do
  if [ "$flags" = 00010000 ]; then
    if [ "$path" = "$1" ] || [ "$path" = "$real" ]; then echo forbidden; exit; fi
  fi
done </proc/net/unix
echo dead
`

type Connected = (error: Error | null, channel?: Duplex) => void

class EngineAgent extends Agent {
  readonly #connection: SshConnection
  readonly #socket: string
  readonly #open = new Set<Duplex>()

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
      (channel) => {
        this.#open.add(channel)
        channel.once('close', () => this.#open.delete(channel))
        connected(null, asSocket(channel, this.#connection))
      },
      (error) => this.#explain(error).then(connected),
    )
  }

  giveUp(why: Error): void {
    for (const channel of this.#open) {
      channel.emit('error', why)
      channel.destroy()
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
    const causes: Readonly<Record<string, string>> = {
      missing: `there is no ${socket}: is Docker installed and its Engine running?`,
      other: `${socket} is no socket: is engine_socket right?`,
      closed: `user "${user}" may not use ${socket}: put it into the docker group (sudo usermod -aG docker ${user}) and connect again`,
      forbidden: 'its SSH server forbids it: AllowStreamLocalForwarding must not be no in sshd_config',
    }
    if (reason === UNKNOWN_CHANNEL) return 'its SSH server cannot forward sockets: OpenSSH 6.7 or later can'
    const { stdout } = await runOver(this.#connection, ['sh', '-c', LOOK, 'sh', socket])
    return causes[stdout.toString('utf8').trim()] ?? `nothing listens at ${socket}: start the Engine (sudo systemctl start docker)`
  }
}

/** A channel that node's HTTP client takes for a socket; when the connection goes, it fails with the reason. */
function asSocket(channel: Duplex, connection: SshConnection): Duplex {
  const nothing = (): Duplex => channel
  for (const method of SOCKET_METHODS) Object.defineProperty(channel, method, { value: nothing })
  Object.defineProperty(channel, 'destroySoon', { value: () => channel.destroy() })
  connection.countTaken(channel)
  // A stream that was handed on has no listener of node's any more.
  channel.on('error', () => {})
  // Without this a request that waits for its answer hears only "socket hang up".
  const forget = connection.whenLost((why) => channel.emit('error', why))
  channel.once('close', forget)
  return channel
}
