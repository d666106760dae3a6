import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Large bodies that may come in before the young generation is collected, in bytes. */
const COLLECT_AFTER_BYTES = 4 * 1024 * 1024
/** With more than this in use at a time, in bytes, buffers outlive the collections that should catch them young: it is left to V8. */
const MANY_IN_USE_BYTES = 8 * 1024 * 1024
/** Then we look again after so many bytes. */
const LOOK_AGAIN_AFTER_BYTES = 64 * 1024 * 1024
/**
 * While many are in use, V8 would collect everything each time as much again as the heap holds has passed, and the heaps of programs that
 * pass large bodies on are small. So long as it is, and large bodies flow, the heap may grow by this much before it is collected, in percent.
 */
const GROWTH_PERCENT = 400
/** A larger heap, in bytes, is its program's business. */
const SMALL_HEAP_BYTES = 64 * 1024 * 1024
/** So long after the last look V8's own measure holds again, in ms. */
const GROWTH_ENDS_AFTER_MS = 2_000
/** What a collection frees is given back on another thread, this much later at the most, in ms. */
const GIVEN_BACK_AFTER_MS = 2

type Collect = (options: { type: 'minor' }) => void

let collect: Collect | undefined
let receivedBytes = 0
let collectAfterBytes = COLLECT_AFTER_BYTES
let due = false
let growthTimer: NodeJS.Timeout | undefined
let growsByItself = false

/** The program's heap is small for good, and may grow by ten times before it is collected: for programs that only pass bodies on. */
export function growGenerously(): void {
  growsByItself = true
  setFlagsFromString('--heap-growing-percent=1000')
}

/**
 * Note that a large body came in.
 *
 * ZeroMQ's frames live outside of V8's heap and are freed when V8 collects their buffers. They die young, but V8 answers growing
 * outside memory with *full* collections: 10 to 20 ms each, several a second at 150 KB a request, while every new frame meets cold
 * memory. Asking for a collection of the young generation in time costs a fraction of a millisecond and avoids them.
 */
export function largeBodyReceived(bytes: number): void {
  receivedBytes += bytes
  if (receivedBytes < collectAfterBytes || due) return
  due = true
  setImmediate(collectYoung)
}

function collectYoung(): void {
  due = false
  receivedBytes = 0
  collect ??= findCollector()
  collect({ type: 'minor' })
  setTimeout(measureUse, GIVEN_BACK_AFTER_MS).unref()
}

function measureUse(): void {
  const { external_memory: inUseBytes, used_heap_size: heapBytes } = getHeapStatistics()
  const many = inUseBytes > MANY_IN_USE_BYTES
  collectAfterBytes = many ? LOOK_AGAIN_AFTER_BYTES : COLLECT_AFTER_BYTES
  if (!growsByItself) letGrow(many && heapBytes < SMALL_HEAP_BYTES)
}

function letGrow(generously: boolean): void {
  if (generously === (growthTimer !== undefined)) return void growthTimer?.refresh()
  clearTimeout(growthTimer)
  growthTimer = generously ? setTimeout(() => letGrow(false), GROWTH_ENDS_AFTER_MS) : undefined
  growthTimer?.unref()
  setFlagsFromString(`--heap-growing-percent=${generously ? GROWTH_PERCENT : 0}`)
}

/** `gc`, which V8 gives to contexts that are made while its flag is set; where there is none, nothing is done. */
function findCollector(): Collect {
  try {
    setFlagsFromString('--expose-gc')
    const found = runInNewContext('gc') as Collect
    if (!('gc' in globalThis)) setFlagsFromString('--no-expose-gc')
    return found
  } catch {
    return () => {}
  }
}
