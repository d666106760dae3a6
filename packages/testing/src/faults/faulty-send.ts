import { aimOf } from './aim-of'
import type { FaultDice } from './fault-dice'

type Send = (this: object, message: unknown, ...more: unknown[]) => Promise<void>

export interface FaultySendOptions {
  dice: FaultDice
  /** Frames in front of the message: 1 for a ROUTER's routing id. */
  leadingFrames: 0 | 1
  /** A delayed message leaves between so many ms later. */
  delayMs(): readonly [number, number]
}

/** Put faults between a socket class and its wire. Messages of other protocols pass untouched. */
export function makeSendFaulty(prototype: object, { dice, leadingFrames, delayMs }: FaultySendOptions): void {
  const { send } = prototype as { send: Send }
  const connections = new Connections()

  const faultySend: Send = function (message, ...more) {
    const aim = Array.isArray(message) ? aimOf(message[leadingFrames]) : undefined
    if (aim === undefined) return send.call(this, message, ...more)
    const frames = message as Uint8Array[]
    // A ROUTER's routing id is good for one connection; a DEALER has to be watched from its first message on.
    if (leadingFrames === 0) connections.watch(this)
    switch (dice.roll(aim)) {
      case 'lost':
        return Promise.resolve()
      case 'doubled':
        quietly(() => send.call(this, frames))
        break
      case 'truncated':
        return send.call(this, [...frames.slice(0, leadingFrames), ...dice.truncate(frames.slice(leadingFrames))])
      case 'delayed': {
        const connection = connections.current(this)
        // The program may reuse its buffers meanwhile.
        const copy = frames.map((frame) => Buffer.from(frame))
        const sendLate = () => {
          // ZeroMQ never delivers a message of one connection over the next: then it is lost.
          if (connections.current(this) === connection) quietly(() => send.call(this, copy))
        }
        setTimeout(sendLate, dice.between(delayMs())).unref()
        return Promise.resolve()
      }
    }
    return send.call(this, message, ...more)
  }
  // The native method that it inherits cannot be assigned over.
  Object.defineProperty(prototype, 'send', { value: faultySend, configurable: true, writable: true })
}

/** Counts the connections that a socket has had. */
class Connections {
  private readonly counts = new WeakMap<object, number>()

  watch(socket: object): void {
    if (this.counts.has(socket)) return
    this.counts.set(socket, 0)
    try {
      const { events } = socket as { events: { on(event: 'handshake', listener: () => void): void } }
      events.on('handshake', () => this.counts.set(socket, this.current(socket) + 1))
    } catch {
      // It is closed already.
    }
  }

  current(socket: object): number {
    return this.counts.get(socket) ?? 0
  }
}

/** The program did not ask for this send, so it must not hear that it failed. */
function quietly(send: () => Promise<void>): void {
  try {
    send().catch(() => {})
  } catch {
    // The peer is gone, or the socket is closed.
  }
}
