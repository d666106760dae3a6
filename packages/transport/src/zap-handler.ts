import { type Context, Router } from 'zeromq'
import { curveKeyText } from './curve-keys'
import { receiveEach } from './receive-each'

const ENDPOINT = 'inproc://zeromq.zap.01'
/** Refused peers that are remembered, so that each is reported once. */
const REMEMBERED_REFUSALS = 1_000
/** Peers that may wait for {@link ZapHandler.open}; later ones are told to come again. */
const MAX_WAITING = 10_000

/** A peer that was not let in. Its key is public. */
export interface ZapRefusal {
  domain: string
  /** Where it connected from. */
  address: string
  reason: string
  publicKey?: string
}

interface Question {
  /** Routing id and delimiter. */
  to: Uint8Array[]
  id: Uint8Array
  version: string
  domain: string
  address: string
  mechanism: string
  credentials: Uint8Array[]
}

/**
 * Decides whose CURVE key is let in (ZeroMQ RFC 27): those that were admitted, per domain, and nobody else.
 *
 * One a process: all its sockets and threads share the place where libzmq asks. Nothing that a peer does makes it throw.
 */
export class ZapHandler {
  /** Domain, public key, whose it is. */
  private readonly admitted = new Map<string, Map<string, string>>()
  private readonly reported = new Set<string>()
  private waiting: Question[] | undefined = []
  private closed = false
  private loop: Promise<void> | undefined
  /** Peers that were not let in, questions that made no sense included. */
  refusals = 0

  private constructor(
    private readonly socket: Router,
    private readonly onRefusal: (refusal: ZapRefusal) => void,
  ) {}

  /**
   * Nobody is answered before {@link ZapHandler.open}.
   * @param onRefusal - called once for each key and address
   * @throws the socket's error, `EADDRINUSE` when this process has one already
   */
  static async start(onRefusal: (refusal: ZapRefusal) => void, context?: Context): Promise<ZapHandler> {
    const socket = new Router({ linger: 0, ...(context ? { context } : {}) })
    await socket.bind(ENDPOINT)
    const handler = new ZapHandler(socket, onRefusal)
    handler.loop = receiveEach(
      socket,
      () => handler.closed,
      (frames) => handler.take(frames),
    )
    return handler
  }

  /** Whose key it is matters to nobody but the reader of a log. */
  admit(domain: string, publicKey: string, whose: string): void {
    const keys = this.admitted.get(domain) ?? new Map<string, string>()
    this.admitted.set(domain, keys.set(publicKey, whose))
  }

  /** New connections with this key are refused; one that stands goes on. */
  withdraw(domain: string, publicKey: string): void {
    this.admitted.get(domain)?.delete(publicKey)
  }

  /** All keys are known by now: whoever waits is answered. A refused peer would not come again by itself. */
  open(): void {
    const waiting = this.waiting
    this.waiting = undefined
    for (const question of waiting ?? []) this.decide(question)
  }

  /** New connections are not answered any more. Close the sockets that ask it first. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.socket.close()
    await this.loop
  }

  private take(frames: Buffer[]): void {
    const question = questionOf(frames)
    // Without an id there is nobody whom an answer would reach.
    if (!question) this.refusals++
    else if (!this.waiting) this.decide(question)
    else if (this.waiting.length < MAX_WAITING) this.waiting.push(question)
    else this.answer(question, '300', 'come again')
  }

  private decide(question: Question): void {
    const { version, domain, mechanism, credentials } = question
    if (version !== '1.0') return this.refuse(question, '500', `ZAP version ${version.slice(0, 16)} is not 1.0`)
    if (mechanism !== 'CURVE') return this.refuse(question, '400', `mechanism ${mechanism.slice(0, 16)} is not CURVE`)
    const key = credentials.length === 1 ? curveKeyText(credentials[0] as Uint8Array) : undefined
    if (key === undefined) return this.refuse(question, '400', 'the credentials are not one key')
    const whose = this.admitted.get(domain)?.get(key)
    if (whose === undefined) this.refuse(question, '400', 'no such key is known', key)
    else this.answer(question, '200', 'OK', whose)
  }

  private refuse(question: Question, status: '400' | '500', reason: string, publicKey?: string): void {
    this.refusals++
    this.answer(question, status, reason)
    const { domain, address } = question
    const who = `${domain} ${address} ${publicKey ?? reason}`
    if (this.reported.has(who) || this.reported.size >= REMEMBERED_REFUSALS) return
    this.reported.add(who)
    this.onRefusal({ domain, address, reason, ...(publicKey ? { publicKey } : {}) })
  }

  private answer({ to, id }: Question, status: string, text: string, userId = ''): void {
    try {
      this.socket.send([...(to as Buffer[]), '1.0', id as Buffer, status, text, userId, '']).catch(ignore)
    } catch {
      // Whoever asked is gone.
    }
  }
}

/** @returns undefined when it is no question at all */
function questionOf(frames: readonly Uint8Array[]): Question | undefined {
  const [routingId, delimiter, version, id, domain, address, , mechanism, ...credentials] = frames
  if (!routingId || delimiter?.length !== 0 || !version || !id) return undefined
  const text = (frame: Uint8Array | undefined): string => Buffer.from(frame ?? []).toString('latin1')
  return {
    to: [routingId, delimiter],
    id,
    version: text(version),
    domain: text(domain),
    address: text(address),
    mechanism: text(mechanism),
    credentials,
  }
}

const ignore = (): void => {}
