import { createEnvelope, type Envelope, RecordKind } from '@aicluster/protocol'
import { FlushScheduler, Outbox, ridesInline } from '../src/index'

/** Anything that sends records: an outbox, a dealer link. */
export interface RecordSender {
  send(envelope: Envelope, first?: Uint8Array, second?: Uint8Array, third?: Uint8Array, bodyFrames?: Uint8Array[]): void
}

/** Send a request with this number, name `n`, a one-byte header and this body. */
export function sendRequest(to: RecordSender, request: number, body: Uint8Array = new Uint8Array(0)): void {
  const envelope = { ...createEnvelope(RecordKind.request), request, nameLength: 1, headerLength: 1, bodyLength: body.length }
  const [name, header] = [Buffer.from('n'), Buffer.from([0xc0])]
  if (ridesInline(body.length)) to.send(envelope, name, header, body)
  else to.send(envelope, name, header, undefined, [body])
}

/** Send a record that is nothing but its kind. */
export const sendSignal = (to: RecordSender, kind: RecordKind = RecordKind.ready): void => to.send(createEnvelope(kind))

/** An outbox whose messages are collected. */
export function collectingOutbox(splitBodies = false): { outbox: Outbox; messages: Uint8Array[][] } {
  const messages: Uint8Array[][] = []
  return { outbox: new Outbox((frames) => messages.push(frames), new FlushScheduler(), splitBodies), messages }
}

/** The one message that carries exactly one request. */
export function requestMessage(request: number, body?: Uint8Array): Uint8Array[] {
  const { outbox, messages } = collectingOutbox()
  sendRequest(outbox, request, body)
  return messages[0] as Uint8Array[]
}

/** The current turn of the event loop is over, and what waited for its end has left. */
export const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
