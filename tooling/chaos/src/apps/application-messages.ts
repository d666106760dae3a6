import type { Operation, OperationCounts } from '../operator/operation'

/** What a run tells an application, over its IPC channel. */
export type ToApplication =
  | { tell: 'burst'; requests: number }
  /** Send a request that its container never answers. */
  | { tell: 'hang' }
  /** Load the inference, use it for a while, unload it. */
  | { tell: 'cycle'; requests: number; forMs: number }
  /** Only the operating one is told. */
  | { tell: 'operate'; operation: Operation }
  | { tell: 'stopLoad' }
  | { tell: 'end' }

/** What an application says: counts since its start. */
export interface FromApplication {
  requests: number
  outcomes: number
  open: number
  /** Commands that were carried out. */
  done: OperationCounts
}

/** What an application needs to know, as JSON in its only argument. */
export interface ApplicationOrder {
  /** Which load shape it is. */
  name: string
  /** Counts the processes that ran under this name, from 1. */
  life: number
  /** Its journal, which it appends to. */
  journal: string
  stateFolder: string
  /** What is loaded: it uses nothing else. */
  inferences: readonly string[]
  /** It sends so much of what its shape says. */
  loadShare: number
  seed: number
  /** What it loads when it is told to cycle. */
  containerConfig: object
}
