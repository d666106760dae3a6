import {
  type AIClusterError,
  type CommandInput,
  type CommandName,
  clusterError,
  createEnvelope,
  decodeError,
  decodeMsgpack,
  type Envelope,
  encodeMsgpack,
  RecordKind,
  UnknownError,
} from '@aicluster/protocol'
import { bodyOf, ridesInline } from '@aicluster/transport'
import { aborted, type CallOptions } from './call-options'
import { type ClusterConnection, notConnected } from './connection/cluster-connection'

interface Pending {
  command: CommandName
  resolve(result: unknown): void
  reject(error: AIClusterError): void
  cleanUp(): void
}

/** A command on its way: its number at once, its reply later. */
export interface SentCommand {
  requestNo: string
  reply: Promise<unknown>
}

/** Commands that have been sent, and their way to a reply. */
export class ManagementClient {
  private readonly pending = new Map<number, Pending>()
  private readonly out = createEnvelope()

  constructor(private readonly connection: ClusterConnection) {}

  /** @throws ConnectionFailedError (111) without a connection; InvalidArgumentError (302) the command cannot travel */
  send(command: CommandInput<CommandName>, options: CallOptions = {}): SentCommand {
    const { connection, out } = this
    if (!connection.isConnected) throw notConnected('there is no connection to the cluster')
    let body: Uint8Array
    try {
      body = encodeMsgpack(command)
    } catch (cause) {
      throw clusterError('invalidParameter', {
        detail: `the arguments of ${command.cmd} cannot travel: ${(cause as Error).message}`,
        command: command.cmd,
        cause,
      })
    }
    const number = connection.numbers.take()
    const reply = this.expect(number, command.cmd, options)
    out.kind = RecordKind.command
    out.flags = 0
    out.epoch = connection.epoch
    out.session = connection.session
    out.request = number
    out.bodyLength = body.length
    if (ridesInline(body.length)) connection.managementLink.send(out, body)
    else connection.managementLink.send(out, undefined, undefined, undefined, [body])
    return { requestNo: String(number), reply }
  }

  /** A `reply` or `commandError` record. */
  onRecord(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const pending = this.pending.get(e.request)
    if (!pending) return
    this.pending.delete(e.request)
    pending.cleanUp()
    const body = bodyOf(e, frame, nameAt, bodyFrames)
    const context = { command: pending.command, requestNo: String(e.request) }
    if (e.kind === RecordKind.commandError) return pending.reject(decodeError(body, context))
    try {
      pending.resolve(decodeMsgpack(body))
    } catch (cause) {
      pending.reject(new UnknownError('internal', { ...context, detail: 'the reply is not msgpack', cause }))
    }
  }

  /** End everything that is open. */
  failAll(detail: string): void {
    const open = [...this.pending]
    this.pending.clear()
    for (const [number, { command, reject, cleanUp }] of open) {
      cleanUp()
      reject(clusterError('connectionFailed', { detail, command, requestNo: String(number) }))
    }
  }

  private expect(number: number, command: CommandName, { signal, timeout }: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const give = (error: AIClusterError) => {
        this.pending.delete(number)
        cleanUp()
        reject(error)
      }
      const requestNo = String(number)
      const onAbort = () => give(aborted(signal as AbortSignal, requestNo))
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(
              () =>
                give(clusterError('requestTimeout', { detail: `${command} was not answered within ${timeout} ms`, command, requestNo })),
              timeout,
            )
      const cleanUp = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.pending.set(number, { command, resolve, reject, cleanUp })
    })
  }
}
