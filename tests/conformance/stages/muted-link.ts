import { Dealer, Router } from 'zeromq'

/** Between one application and one socket of a manager: lets everything through but what the manager says after its first message. */
export class MutedLink implements AsyncDisposable {
  private readonly front = new Router({ linger: 0 })
  private readonly back = new Dealer({ linger: 0 })
  private application: Buffer | undefined
  private loops: Promise<unknown> = Promise.resolve()

  private constructor() {}

  /** Stand before the manager's socket at `endpoint`. */
  static async before(endpoint: string): Promise<MutedLink> {
    const link = new MutedLink()
    await link.front.bind('tcp://127.0.0.1:0')
    link.back.connect(endpoint)
    // Whatever is on its way when it is closed may be lost.
    link.loops = Promise.allSettled([link.forward(), link.welcome()])
    return link
  }

  /** Where the application finds it, on 127.0.0.1. */
  get port(): number {
    return Number(this.front.lastEndpoint?.split(':').pop())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.front.close()
    this.back.close()
    await this.loops
  }

  private async forward(): Promise<void> {
    for await (const [application, ...frames] of this.front) {
      this.application = application
      await this.back.send(frames)
    }
  }

  private async welcome(): Promise<void> {
    let isFirst = true
    for await (const frames of this.back) {
      if (isFirst && this.application) await this.front.send([this.application, ...frames])
      isFirst = false
    }
  }
}
