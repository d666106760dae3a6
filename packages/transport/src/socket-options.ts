import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS } from '@aicluster/protocol'

/** Options of every socket of ours. The reasons are in design.md, section 3. */
export const COMMON_OPTIONS = {
  /**
   * No mark: with a finite one and heartbeats, libzmq 4.3.5 aborts the process when a peer dies whose messages fill it.
   * What may be under way is bounded by acks and credits instead.
   */
  receiveHighWaterMark: 0,
  /** Never drop silently: what may be under way is bounded by credits, counts and bytes. */
  sendHighWaterMark: 0,
  /** Report at once that nobody is there, instead of queueing inside `send`. */
  sendTimeout: 0,
  heartbeatInterval: HEARTBEAT_INTERVAL_MS,
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  /** How long what was sent may still leave after close, in ms. */
  linger: 500,
} as const

export const DEALER_OPTIONS = {
  ...COMMON_OPTIONS,
  /** Queue nothing for a peer that is not there: a restarted manager would get it ahead of hello. */
  immediate: true,
  reconnectInterval: 50,
  reconnectMaxInterval: 1000,
} as const

/** ZMQ_ROUTER_NOTIFY, a draft option: tell of connects and disconnects with an empty message. */
export const ROUTER_NOTIFY = 97
export const NOTIFY_CONNECT_AND_DISCONNECT = 3
