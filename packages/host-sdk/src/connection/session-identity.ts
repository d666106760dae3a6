import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { encodeMsgpack, PROTOCOL_MAJOR, PROTOCOL_MINOR } from '@aicluster/protocol'

const SOFTWARE = '@aicluster/host-sdk/0.1.0'

/** Who an application is towards the manager, through every connection of its session. */
export class SessionIdentity {
  /** The life of the manager that has welcomed it last; 0 none. */
  epoch = 0
  /** Its number in that life; 0 none. */
  number = 0
  private secret = randomBytes(16)
  private readonly nonce = randomBytes(8)

  constructor(
    private readonly token: string,
    private readonly reconnectTimeoutMs: number,
  ) {}

  /** The manager has dropped the session: begin another one. */
  renew(): void {
    this.epoch = this.number = 0
    this.secret = randomBytes(16)
  }

  /** The header of a hello. */
  hello(link: 'inference' | 'management'): Uint8Array {
    return encodeMsgpack({
      protocol: [PROTOCOL_MAJOR, PROTOCOL_MINOR],
      role: 'host',
      link,
      nonce: this.nonce,
      session_secret: this.secret,
      host: hostname(),
      pid: process.pid,
      token: this.token,
      software: SOFTWARE,
      reconnect_timeout_ms: this.reconnectTimeoutMs,
    })
  }
}
