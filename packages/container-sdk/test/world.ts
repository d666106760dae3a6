import { RecordKind } from '@aicluster/protocol'
import { eventually, type TempFolder, tempFolder } from '@aicluster/testing'
import { Connector, type ConnectorOptions, type ReceivedRequest } from '../src/index'
import { FakeManager, type FakeManagerOptions } from './fake-manager'

/** A fake manager, and the containers that find it. */
export class World implements AsyncDisposable {
  private readonly connectors: Connector[] = []

  private constructor(
    private readonly folder: TempFolder,
    public manager: FakeManager,
  ) {}

  static async start(options?: FakeManagerOptions): Promise<World> {
    const folder = await tempFolder()
    return new World(folder, await FakeManager.bind(folder.path, options))
  }

  async connect(options: ConnectorOptions = {}): Promise<Connector> {
    const connector = await Connector.open({ subName: 'digits', hostIp: `ipc://${this.folder.path}`, ...options })
    this.connectors.push(connector)
    return connector
  }

  /** A container whose program holds every request until the test lets it go. */
  async hold(options: { concurrency?: number } = {}): Promise<{ connector: Connector; held: HeldRequest[] }> {
    const connector = await this.connect()
    const held: HeldRequest[] = []
    const handler = (request: ReceivedRequest) =>
      new Promise<unknown>((answer, fail) => held.push({ request, number: Number(request.response.requestNo), answer, fail }))
    void connector.serve(handler, options)
    await this.ready()
    return { connector, held }
  }

  /** The container takes requests. */
  async ready(): Promise<void> {
    await eventually('ready', () => this.manager.of(RecordKind.ready).length > 0)
  }

  /** The manager dies; `restart` brings another one. */
  async kill(): Promise<void> {
    await this.manager[Symbol.asyncDispose]()
  }

  /** Another manager, with which the container is connected. */
  async restart(options: FakeManagerOptions): Promise<void> {
    this.manager = await FakeManager.bind(this.folder.path, options)
    await eventually('the container is back', () => this.manager.isConnected, 10_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.connectors.map((connector) => connector.close({ drainMs: 0 })))
    await this.manager[Symbol.asyncDispose]()
    await this.folder.remove()
  }
}

export interface HeldRequest {
  request: ReceivedRequest
  number: number
  answer(result: unknown): void
  fail(error: unknown): void
}
