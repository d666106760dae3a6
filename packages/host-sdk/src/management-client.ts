import {
  type AIClusterError,
  type CommandInput,
  type CommandName,
  clusterError,
  createEnvelope,
  decodeError,
  decodeMsgpack,
  type Envelope,
  type ErrorKey,
  encodeMsgpack,
  type ProgressView,
  RecordKind,
  UnknownError,
} from '@aicluster/protocol'
import { bodyOf, NumberTable } from '@aicluster/transport'
import { aborted, type LongCallOptions } from './call-options'
import type { ClusterConnection } from './connection/cluster-connection'
import type { LinkTraffic } from './connection/host-link'
import { type ProgressEvent, progressOf } from './progress-event'
import { type DeadlineEntry, Deadlines } from './requests/deadlines'

/** A command without a reply, with what is needed to send it again. */
interface OpenCommand extends DeadlineEntry {
  number: number
  /** The number that its caller was told. */
  requestNo: string
  name: CommandName
  body: Uint8Array
  timeoutMs: number
  resolve(result: unknown): void
  reject(error: AIClusterError): void
  unlisten: (() => void) | undefined
  onProgress: ((progress: ProgressEvent) => void) | undefined
}

/** A command on its way: its number at once, its reply later. */
export interface SentCommand {
  requestNo: string
  reply: Promise<unknown>
}

/** What comes over the management link beside the replies. */
export interface ManagementNotices {
  /** The body of an event, which nobody asked for. */
  onEvent(body: Uint8Array): void
  /** @param own - whom the command's caller wants to be told */
  onProgress(progress: ProgressEvent, own: OpenCommand['onProgress']): void
}

/** Commands that have been sent, and their way to a reply. */
export class ManagementClient implements LinkTraffic {
  /** Called whenever a command has got its reply. */
  onSettled: (() => void) | undefined
  private readonly table = new NumberTable<OpenCommand>()
  private readonly deadlines = new Deadlines<OpenCommand>((command) => this.timeOut(command))
  private readonly out = createEnvelope()
  /** Works of several commands that are under way. */
  private readonly works = new Set<AbortController>()

  constructor(
    private readonly connection: ClusterConnection,
    private readonly notices: ManagementNotices,
  ) {
    connection.management.traffic = this
  }

  get openCount(): number {
    return this.table.size + this.works.size
  }

  open(): number[] {
    return this.table.keys()
  }

  /**
   * Carry out a work of several commands: all the while it counts as open, and it ends when open commands do.
   * @param work - its signal's reason is then their error
   */
  async undertake<T>(work: (ended: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController()
    this.works.add(end)
    try {
      return await work(end.signal)
    } finally {
      this.works.delete(end)
      this.onSettled?.()
    }
  }

  /**
   * @param told - a number that its caller was told before; left out: its own
   * @throws InvalidArgumentError (302) the command cannot travel
   */
  send(content: CommandInput<CommandName>, options: LongCallOptions = {}, told?: string): SentCommand {
    const { connection } = this
    const name = content.cmd
    let body: Uint8Array
    try {
      body = encodeMsgpack(content)
    } catch (cause) {
      throw clusterError('invalidParameter', {
        detail: `the arguments of ${name} cannot travel: ${(cause as Error).message}`,
        command: name,
        cause,
      })
    }
    const number = connection.numbers.take()
    const requestNo = told ?? String(number)
    const reply = new Promise<unknown>((resolve, reject) => {
      const { onProgress } = options
      this.expect(
        { number, requestNo, name, body, timeoutMs: 0, resolve, reject, unlisten: undefined, onProgress, dueAtMs: 0, heapPlace: -1 },
        options,
      )
    })
    if (connection.management.asking.isLive) this.resend(number)
    connection.keepBeating()
    return { requestNo, reply }
  }

  resend(number: number): void {
    const command = this.table.get(number)
    if (!command) return
    const { connection, out } = this
    const { body } = command
    out.kind = RecordKind.command
    out.flags = 0
    out.epoch = connection.session.epoch
    out.session = connection.session.number
    out.request = number
    out.bodyLength = body.length
    connection.management.dealer.sendBody(out, undefined, undefined, body)
  }

  /** A `reply`, `commandError`, `progress` or `event` record. */
  onRecord(e: Envelope, frame: Uint8Array, nameAt: number, bodyFrames: Uint8Array[] | undefined): void {
    const body = bodyOf(e, frame, nameAt, bodyFrames)
    if (e.kind === RecordKind.event) return this.notices.onEvent(body)
    const command = this.table.get(e.request)
    if (!command) return
    if (e.kind === RecordKind.progress) return this.onProgress(command, body)
    if (e.kind !== RecordKind.reply && e.kind !== RecordKind.commandError) return
    const context = { command: command.name, requestNo: command.requestNo }
    if (e.kind === RecordKind.commandError) return this.fail(command, decodeError(body, context))
    let result: unknown
    try {
      result = decodeMsgpack(body)
    } catch (cause) {
      return this.fail(command, new UnknownError('internal', { ...context, detail: 'the reply is not msgpack', cause }))
    }
    this.release(command)
    command.resolve(result)
    this.onSettled?.()
  }

  endAll(key: ErrorKey, detail: string): void {
    for (const command of this.table.values()) this.end(command, key, detail)
    for (const work of this.works) work.abort(clusterError(key, { detail }))
  }

  /** Nothing depends on it: one that cannot be read is as good as one that got lost. */
  private onProgress({ requestNo, onProgress }: OpenCommand, body: Uint8Array): void {
    let view: ProgressView
    try {
      view = decodeMsgpack(body) as ProgressView
    } catch {
      return
    }
    if (typeof view === 'object' && view !== null) this.notices.onProgress(progressOf(requestNo, view), onProgress)
  }

  private expect(command: OpenCommand, { signal, timeout }: LongCallOptions): void {
    this.table.set(command.number, command)
    if (timeout !== undefined) {
      command.timeoutMs = timeout
      this.deadlines.add(command, performance.now() + timeout)
    }
    if (!signal) return
    const onAbort = () => {
      this.cancel(command)
      this.fail(command, aborted(signal, command.requestNo))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    command.unlisten = () => signal.removeEventListener('abort', onAbort)
  }

  private release(command: OpenCommand): void {
    this.table.delete(command.number)
    this.deadlines.remove(command)
    command.unlisten?.()
  }

  private fail(command: OpenCommand, error: AIClusterError): void {
    this.release(command)
    command.reject(error)
    this.onSettled?.()
  }

  private end(command: OpenCommand, key: ErrorKey, detail: string): void {
    this.fail(command, clusterError(key, { detail, command: command.name, requestNo: command.requestNo }))
  }

  /** Its reply is not wanted any more. Whoever is not connected says so by not asking for it again. */
  private cancel({ number }: OpenCommand): void {
    const { management } = this.connection
    if (management.welcomed) management.signal(RecordKind.cancel, undefined, number)
  }

  private timeOut(command: OpenCommand): void {
    this.cancel(command)
    this.end(command, 'requestTimeout', `${command.name} was not answered within ${command.timeoutMs} ms`)
  }
}
