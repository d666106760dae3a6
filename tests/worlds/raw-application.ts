import { randomBytes } from 'node:crypto'
import { decodeMsgpack, encodeMsgpack, RecordKind } from '@aicluster/protocol'
import { eventually } from './eventually'
import { type HeardRecord, type HostilePeer, hostHello } from './hostile-peer'
import { peerAt } from './hostile-world'
import type { World } from './world'

export interface ProgressRecord {
  cmd: string
  phase: string
  inference_name: string
  board: string
  suffix_name: string | null
  bytes_done: number | null
  bytes_total: number | null
}

/** An application made of bytes: it sees every record of its management link, and cancels commands. */
export class RawApplication implements AsyncDisposable {
  private lastNumber = 0

  private constructor(
    private readonly inference: HostilePeer,
    private readonly management: HostilePeer,
  ) {}

  /** Its session ends with its connection. */
  static async connect(world: World): Promise<RawApplication> {
    const secret = randomBytes(16)
    const application = new RawApplication(peerAt(world, 'inference'), peerAt(world, 'management'))
    const { inference, management } = application
    await inference.say({ kind: RecordKind.hello, header: hostHello('inference', secret, { reconnect_timeout_ms: 0 }) })
    await inference.hears(RecordKind.welcome)
    await management.say({ kind: RecordKind.hello, header: hostHello('management', secret) })
    await management.hears(RecordKind.welcome)
    return application
  }

  /** Send a command; returns its number. */
  async send(command: object): Promise<number> {
    const request = ++this.lastNumber
    await this.management.say({ kind: RecordKind.command, body: encodeMsgpack(command), fields: { request } })
    return request
  }

  /** Send a command, and wait for its result or its error. */
  async ask(command: object): Promise<{ code?: number; message?: string }> {
    return this.outcomeOf(await this.send(command))
  }

  cancel(request: number): Promise<void> {
    return this.management.say({ kind: RecordKind.cancel, fields: { request } })
  }

  /** What has been said of its progress so far. */
  progressOf(request: number): ProgressRecord[] {
    return this.management.heard
      .filter((record) => record.kind === RecordKind.progress && record.request === request)
      .map(({ body }) => decodeMsgpack(body) as ProgressRecord)
  }

  /** Its result, or its error, whichever comes. */
  async outcomeOf(request: number): Promise<{ code?: number; message?: string }> {
    const isOutcome = ({ kind }: HeardRecord) => kind === RecordKind.reply || kind === RecordKind.commandError
    const record = await eventually(`the outcome of command ${request}`, () =>
      this.management.heard.find((heard) => heard.request === request && isOutcome(heard)),
    )
    return decodeMsgpack(record.body) as { code?: number; message?: string }
  }

  /** The inference link goes, and the management link with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.management[Symbol.asyncDispose]()
    await this.inference[Symbol.asyncDispose]()
  }
}
