import type { QueueSettings } from '../dispatch/inference-queue'
import type { Principal, SessionPrincipal } from '../keys/principal'
import type { PlaneFigures } from './plane-figures'
import type { SubscribeVerdict } from './publications'
import type { QueueDeletion, QueuePage } from './queue-desk'
import type { ReadinessTable } from './readiness'
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
  /** Its CURVE key; left out without CURVE. */
  publicKey?: string
  /** Names whose distribution to it is off. */
  paused: string[]
  /** It gets nothing (more), even if it connects anew. */
  held: boolean
  /** Its program runs on from an earlier manager. */
  adopted: boolean
}

/** Containers that go whatever they hold, and inference names that go whatever waits for them. */
export interface LostContainers {
  instances: string[]
  names: string[]
}

/** Calls of the control plane to the data plane; each is acknowledged. */
export interface DataPlaneCalls {
  setQueues(settings: QueueSettings[]): void
  removeQueues(names: string[]): void
  expectContainer(container: ExpectedContainer): void
  /** Its connection, if it has one, counts no more. */
  forgetContainer(instance: string): void
  /** Forget these containers (and queues, unless they are kept) in one step, unless anything of them waits or is in hand. Returns whether it did. */
  removeIfIdle(what: { instances: string[]; names: string[]; keepQueues: boolean; lost?: LostContainers }): boolean
  /** Whether nothing of these containers and queues waits or is in hand. */
  isIdle(what: { instances: string[]; names: string[] }): boolean
  /** Hand out nothing more to this container, whatever it says itself; or do again. What it holds it finishes. */
  setHeld(change: { instance: string; held: boolean }): void
  /** One bounded step through what waits or is in hand, in the order of arrival. */
  queueEntries(filter: QueueFilter & { from: number; limit: number }): QueuePage
  /** Take waiting requests out, all of the selection or none of it, in one step. Their owners hear of it little by little. */
  deleteQueued(filter: QueueFilter & { force: boolean }): QueueDeletion
  setPaused(change: { instance: string; name: string; paused: boolean }): void
  /** From now on the session gets what this source publishes. */
  subscribe(what: { session: number; name: string }): SubscribeVerdict
  unsubscribe(what: { session: number; name: string }): void
  /** These applications may come, and nobody else: sessions of others end at once, and their connections are cut. */
  setPrincipals(principals: Principal[]): void
  addNumbers(block: { first: number; count: number }): void
  snapshot(): DataPlaneSnapshot
  /** Nothing: that it is acknowledged shows that the event loop turns. */
  probe(): void
  figures(): PlaneFigures
  /** Of one inference, or of all. */
  readiness(only: string | null): ReadinessTable
  drain(): void
}

/** Which requests; what is left out does not restrict. `session` is the one that asks: its own requests are told apart. */
export interface QueueFilter {
  session: number
  name: string | undefined
  number: number | undefined
  pid: number | undefined
}

/** Answers and events of the control plane to hosts; not acknowledged. */
export interface ControlAnswer {
  type: 'reply' | 'commandError' | 'progress'
  session: number
  request: number
  /** msgpack: the result, an error header, or how far it is. */
  payload: Uint8Array
}

/** What the control plane hears from the data plane. */
export type DataPlaneEvent =
  | { type: 'command'; session: number; request: number; command: Uint8Array; from: string; principal: SessionPrincipal }
  | { type: 'command-cancelled'; session: number; request: number }
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
