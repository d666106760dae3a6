import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Large bodies that may come in before the young generation is collected, in bytes. */
const COLLECT_AFTER_BYTES = 4 * 1024 * 1024
/** With more than this in use at a time, in bytes, buffers outlive the collections that should catch them young: it is left to V8. */
const MANY_IN_USE_BYTES = 8 * 1024 * 1024
/** Then we look again after so many bytes. */
const LOOK_AGAIN_AFTER_BYTES = 256 * 1024 * 1024
/** What a collection frees is given back on another thread, this much later at the most, in ms. */
const GIVEN_BACK_AFTER_MS = 2

type Collect = (options: { type: 'minor' }) => void

let collect: Collect | undefined
let receivedBytes = 0
let collectAfterBytes = COLLECT_AFTER_BYTES
let due = false

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
  collectAfterBytes = getHeapStatistics().external_memory > MANY_IN_USE_BYTES ? LOOK_AGAIN_AFTER_BYTES : COLLECT_AFTER_BYTES
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
