import { eventually, type TempFolder, tempFolder } from '@aicluster/testing'
import { AICluster, type AIClusterError, type ConnectOptions } from '../src/index'
import { FakeManager } from './fake-manager'

/** How a promise has ended so far: its text, or its error's code. */
export type Ending = string | number

/** An application and a fake manager, connected. */
export class FakeWorld implements AsyncDisposable {
  /** Codes of the events 112, 113. */
  readonly events: number[] = []

  private constructor(
    readonly manager: FakeManager,
    readonly cluster: AICluster,
    private readonly folder: TempFolder,
  ) {
    const tell = (event: AIClusterError) => this.events.push(event.code)
    cluster.on('disconnected', tell).on('connected', tell)
  }

  static async start(options: ConnectOptions = {}, prepare: (manager: FakeManager) => void = () => {}): Promise<FakeWorld> {
    const folder = await tempFolder()
    const manager = await FakeManager.start(folder.path)
    prepare(manager)
    const cluster = await AICluster.connect({ endpoint: manager.endpoint, ...options })
    return new FakeWorld(manager, cluster, folder)
  }

  /** Open so many requests, with bodies 0, 1, 2…, that the manager has got and not answered. */
  async openRequests(count: number): Promise<{ outcomes: Promise<Ending>[]; numbers: number[] }> {
    const before = this.manager.requests.length
    const outcomes = Array.from({ length: count }, (_, i) => ending(this.cluster.infer('digits', Uint8Array.of(i))))
    await eventually('the requests', () => this.manager.requests.length === before + count)
    return { outcomes, numbers: this.manager.requests.slice(before) }
  }

  /** The next message that the application sends over its inference link gets lost. */
  loseNextOfApplication(): void {
    const { life } = this.cluster as unknown as { life: { connection: { inference: { dealer: { transmit?: () => void } } } } }
    const { dealer } = life.connection.inference
    dealer.transmit = () => {
      // The prototype's own counts again.
      delete dealer.transmit
    }
  }

  /** The connections go, and the application has noticed. */
  async cut(): Promise<void> {
    await this.manager.cut()
    await eventually('the application to notice', () => !this.cluster.isConnected)
  }

  /** The manager's sockets are back, and the application has found them. */
  async comeBack(): Promise<void> {
    await this.manager.bind()
    await eventually('the application to be back', () => this.cluster.isConnected)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.release()
    await this.manager.cut()
    await this.folder.remove()
  }
}

/** The text that a request was answered with, or the code of its error. */
export const ending = (outcome: Promise<unknown>): Promise<Ending> =>
  outcome.then(
    (value) => (value as { result: string }).result,
    (error: AIClusterError) => error.code,
  )
