import type { MessagePort, Worker } from 'node:worker_threads'
import type { DataPlaneEvent, ToControlPlane, ToDataPlane } from './control-messages'
import type { DataPlane } from './data-plane'

/** Carry out what the control plane asks for; returns how to tell it of events. */
export function serveControlPlane(port: MessagePort | Worker, dataPlane: () => DataPlane): (event: DataPlaneEvent) => void {
  const post = (message: ToControlPlane, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
  port.on('message', (message: ToDataPlane) => {
    const plane = dataPlane()
    if (message.type === 'answer') return plane.answer(message.answer)
    if (message.type === 'broadcast') return plane.broadcast(message.payload)
    const { id, name, argument } = message
    try {
      const call = plane[name].bind(plane) as (argument: unknown) => unknown
      const result = call(argument)
      post({ type: 'done', id, result }, tablesOf(result))
    } catch (error) {
      post({ type: 'failed', id, message: error instanceof Error ? error.message : String(error) })
    }
  })
  // The bytes of a command are its own: a piece of a file changes hands instead of being copied once more.
  return (event) => post({ type: 'event', event }, event.type === 'command' ? [event.command.buffer as ArrayBuffer] : [])
}

/** Tables of numbers in a result change hands instead of being copied. */
const tablesOf = (result: unknown): ArrayBuffer[] =>
  Object.values(result ?? {}).flatMap((value) => (value instanceof Float64Array ? [value.buffer as ArrayBuffer] : []))
