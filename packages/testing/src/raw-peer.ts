import { Dealer, Router } from 'zeromq'

const OPTIONS = { sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 0, receiveTimeout: 10_000 } as const

/** A DEALER that sends and receives whatever bytes a test wants: a stranger, a broken client, another version. */
export class RawDealer implements AsyncDisposable {
  private readonly socket = new Dealer(OPTIONS)

  constructor(endpoint: string) {
    this.socket.connect(endpoint)
  }

  /** Send one message. */
  async send(...frames: Uint8Array[]): Promise<void> {
    await this.socket.send(frames as Buffer[])
  }

  /** The frames of the next message. Throws when none comes within 10 s. */
  async receive(): Promise<Uint8Array[]> {
    return this.socket.receive()
  }

  close(): void {
    this.socket.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/** A ROUTER that sends and receives whatever bytes a test wants: a manager that misbehaves, or that counts messages. */
export class RawRouter implements AsyncDisposable {
  private readonly socket = new Router({ ...OPTIONS, mandatory: true })

  /** Listen; returns the endpoint, with the port that was chosen where the given one was 0. */
  static async bind(endpoint: string): Promise<{ router: RawRouter; endpoint: string }> {
    const router = new RawRouter()
    await router.socket.bind(endpoint)
    return { router, endpoint: router.socket.lastEndpoint ?? endpoint }
  }

  /** Send one message to the peer with this routing id. */
  async send(peer: Uint8Array, ...frames: Uint8Array[]): Promise<void> {
    await this.socket.send([peer, ...frames] as Buffer[])
  }

  /** The next message: who sent it, and its frames. Throws when none comes within 10 s. */
  async receive(): Promise<{ peer: Uint8Array; frames: Uint8Array[] }> {
    const [peer, ...frames] = await this.socket.receive()
    return { peer: peer as Uint8Array, frames }
  }

  close(): void {
    this.socket.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
