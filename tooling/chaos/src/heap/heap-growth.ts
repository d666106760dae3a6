import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a manager held after a full collection. */
export interface HeapSample {
  atMs: number
  /** In V8's heap: every object, also those that stand for messages. */
  heapBytes: number
  /** Outside, on its behalf: the messages themselves. */
  messageBytes: number
}

export interface HeapGrowth {
  /** Managers that lived long enough to tell. */
  lives: number
  /** Growth over the later part of a life, of the manager that grew most, in bytes per minute; undefined: none lived long enough. */
  worstBytesPerMinute: number | undefined
  flat: boolean
  /** What the last manager held of messages when everything was quiet, in bytes; undefined: nobody looked. */
  messageBytesAtRest: number | undefined
}

/** A start takes a while: code is compiled, tables grow to their size. */
const WARM_UP_MS = 8_000
const LEAST_SPAN_MS = 16_000
const LEAST_SAMPLES = 8
/** Growth that is not worth a word, in bytes between the two halves of a life: histograms, compiled code. */
const FLAT_BYTES = 2 * 1024 * 1024

/**
 * Whether the heaps of these managers grew; one list of samples a manager, in order of their lives. Pure.
 *
 * Only the heap tells of growth: how many messages are held changes by megabytes as applications and containers come and go, and
 * each that is never let go leaves its object in the heap.
 */
export function heapGrowth(lives: readonly (readonly HeapSample[])[]): HeapGrowth {
  const growths = lives.flatMap((samples) => growthOf(samples) ?? [])
  const worst = growths.sort((a, b) => b.bytesPerMinute - a.bytesPerMinute)[0]
  return {
    lives: growths.length,
    worstBytesPerMinute: worst?.bytesPerMinute,
    flat: growths.every(({ bytes }) => bytes <= FLAT_BYTES),
    messageBytesAtRest: lives.at(-1)?.at(-1)?.messageBytes,
  }
}

function growthOf(samples: readonly HeapSample[]): { bytes: number; bytesPerMinute: number } | undefined {
  const first = samples[0]
  const warm = first ? samples.filter(({ atMs }) => atMs >= first.atMs + WARM_UP_MS) : []
  const spanMs = (warm.at(-1)?.atMs ?? 0) - (warm[0]?.atMs ?? 0)
  if (warm.length < LEAST_SAMPLES || spanMs < LEAST_SPAN_MS) return undefined
  // The least of each half: what comes in bursts goes again, a leak stays.
  const half = Math.floor(warm.length / 2)
  const bytes = least(warm.slice(-half)) - least(warm.slice(0, half))
  return { bytes, bytesPerMinute: Math.round((bytes / (spanMs / 2)) * 60_000) }
}

const least = (samples: readonly HeapSample[]): number => Math.min(...samples.map(({ heapBytes }) => heapBytes))

/** What the managers of a run have written, in order of their lives; see `heap-preload.ts`. */
export function readHeapSamples(folder: string): HeapSample[][] {
  if (!existsSync(folder)) return []
  const lives = readdirSync(folder).map((file) => samplesIn(readFileSync(join(folder, file), 'utf8')))
  return lives.filter(([first]) => first !== undefined).sort(([a], [b]) => (a?.atMs ?? 0) - (b?.atMs ?? 0))
}

const samplesIn = (text: string): HeapSample[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [atMs = 0, heapBytes = 0, messageBytes = 0] = line.split(' ').map(Number)
      return { atMs, heapBytes, messageBytes }
    })
