import type { ConnectOptions } from '@aicluster/host-sdk'
import { BURST_INFERENCE, INFERENCES, LOOP, PARTS_INFERENCE, PASSING } from '../world/inferences'

/** What one application does all the time. */
export interface LoadShape {
  /** Inferences that it uses, at random. */
  inferences: readonly string[]
  requestsPerSecond: number
  /** Length of the data: least and most. */
  bodyBytes: readonly [number, number]
  /** It sends nothing more while so many requests are without an outcome. */
  mostOpen: number
  /** Share of its requests that it aborts by their `signal`, after up to 150 ms. */
  aborts?: number
  /** Share of its requests with a `timeout` of 20 to 200 ms. */
  hurries?: number
  /** Through `inferAsync` and its callback, which would show a second outcome; such requests have no time-out of their own. */
  callbacks?: boolean
  /** It reads answers in parts: so many parts of each, with a pause of up to `pauseMs` before each; this share it leaves in the middle. */
  streams?: { parts: readonly [number, number]; pauseMs: number; leaves: number }
  /** Every `everyMs` it does not come back to its event loop for up to `upToMs`: it reads nothing. */
  blocks?: { everyMs: number; upToMs: number }
  /** Beside the state folder. */
  connect?: Pick<ConnectOptions, 'maxPending' | 'reconnectTimeoutMs'>
  /** It also loads, uses and unloads this inference when it is told to. */
  cycles?: string
}

const EVERYTHING = [...INFERENCES.map(({ name }) => name).filter((name) => name !== PARTS_INFERENCE), LOOP]
const MIB = 1024 * 1024

/** Every application of a run, by name. */
export const LOAD_SHAPES = {
  steady: { inferences: EVERYTHING, requestsPerSecond: 100, bodyBytes: [20, 2_000], mostOpen: 300 },
  callbacks: {
    inferences: EVERYTHING,
    requestsPerSecond: 40,
    bodyBytes: [20, 500],
    mostOpen: 200,
    callbacks: true,
    connect: { maxPending: 60 },
  },
  large: { inferences: ['echo', 'again', LOOP], requestsPerSecond: 4, bodyBytes: [MIB, MIB], mostOpen: 12, connect: { maxPending: 4 } },
  aborting: {
    inferences: [BURST_INFERENCE, 'wide', 'again'],
    requestsPerSecond: 60,
    bodyBytes: [20, 8_000],
    mostOpen: 200,
    aborts: 0.4,
    hurries: 0.4,
    connect: { maxPending: 40 },
  },
  crashing: { inferences: EVERYTHING, requestsPerSecond: 70, bodyBytes: [20, 8_000], mostOpen: 200 },
  /** Stands still for longer than the cluster waits for it. */
  sleeping: {
    inferences: EVERYTHING,
    requestsPerSecond: 40,
    bodyBytes: [20_000, 60_000],
    mostOpen: 100,
    connect: { reconnectTimeoutMs: 1_500 },
  },
  blocking: {
    inferences: EVERYTHING,
    requestsPerSecond: 30,
    bodyBytes: [20_000, 60_000],
    mostOpen: 100,
    blocks: { everyMs: 6_000, upToMs: 2_000 },
  },
  streaming: {
    inferences: [PARTS_INFERENCE],
    requestsPerSecond: 8,
    bodyBytes: [20, 8_000],
    mostOpen: 40,
    streams: { parts: [0, 80], pauseMs: 0, leaves: 0.1 },
  },
  /** Reads more slowly than its containers write, and at times not at all. */
  dawdling: {
    inferences: [PARTS_INFERENCE],
    requestsPerSecond: 3,
    bodyBytes: [20, 8_000],
    mostOpen: 20,
    streams: { parts: [20, 150], pauseMs: 40, leaves: 0.2 },
    blocks: { everyMs: 10_000, upToMs: 2_000 },
  },
  /** Is told what to do with commands: see `../operator`. */
  operating: { inferences: EVERYTHING, requestsPerSecond: 20, bodyBytes: [20, 2_000], mostOpen: 400 },
  loading: { inferences: ['echo'], requestsPerSecond: 5, bodyBytes: [20, 200], mostOpen: 50, cycles: PASSING.name },
} as const satisfies Record<string, LoadShape>

export type ApplicationName = keyof typeof LOAD_SHAPES

/** A request of this application that has no outcome by then is late: `timeout` of every request, in ms. */
export const TIMEOUT_MS = 20_000
