import type { QueueSettings } from '../dispatch/inference-queue'
import type { DataPlaneSnapshot } from './snapshot'

/** A container that may connect, as the registry knows it. */
export interface ExpectedContainer {
  instance: string
  suffixName: string
  board: string
  /** Inference names it may serve. */
  names: string[]
  maxSendNum: number
  /** SHA-256 of its token, in hex: the data plane never holds the token itself. */
  tokenSha256: string
  /** Names whose distribution to it is off. */
  paused: string[]
  /** Its program runs on from an earlier manager. */
  adopted: boolean
}

/** Calls of the control plane to the data plane; each is acknowledged. */
export interface DataPlaneCalls {
  /** What is registered is known: applications and containers are let in. Until then their hellos wait. */
  open(): void
  setQueues(settings: QueueSettings[]): void
  removeQueues(names: string[]): void
  expectContainer(container: ExpectedContainer): void
  /** Its connection, if it has one, counts no more. */
  forgetContainer(instance: string): void
  /** Forget these containers (and queues, unless they are kept) in one step, unless anything of them waits or is in hand. Returns whether it did. */
  removeIfIdle(what: { instances: string[]; names: string[]; keepQueues: boolean }): boolean
  setPaused(change: { instance: string; name: string; paused: boolean }): void
  addNumbers(block: { first: number; count: number }): void
  snapshot(): DataPlaneSnapshot
  drain(): void
}

/** Answers and events of the control plane to hosts; not acknowledged. */
export interface ControlAnswer {
  type: 'reply' | 'commandError'
  session: number
  request: number
  /** msgpack: the result, or an error header. */
  payload: Uint8Array
}

/** What the control plane hears from the data plane. */
export type DataPlaneEvent =
  | { type: 'command'; session: number; request: number; command: Uint8Array; from: string }
  | { type: 'container-ready'; instance: string }
  | { type: 'container-gone'; instance: string; reason: string }
  | { type: 'container-hung'; instance: string }
  | { type: 'numbers-low' }

export type CallName = keyof DataPlaneCalls

/** Messages to the data plane's thread. */
export type ToDataPlane =
  | { type: 'call'; id: number; name: CallName; argument: unknown }
  | { type: 'answer'; answer: ControlAnswer }
  | { type: 'broadcast'; payload: Uint8Array }

/** Messages to the control plane's thread. */
export type ToControlPlane =
  | { type: 'done'; id: number; result: unknown }
  | { type: 'failed'; id: number; message: string }
  | { type: 'event'; event: DataPlaneEvent }
