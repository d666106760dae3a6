// What `node --import` loads into each manager of a chaos run: every few seconds, a line with what its heap holds after a full
// collection, so that a leak shows and what merely waits for the next collection does not.
import { mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

const SAMPLE_MS = 2_000
const folder = process.env.CHAOS_HEAPS

if (folder && isMainThread) {
  // A context that is made while the flag is set has `gc`.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  mkdirSync(folder, { recursive: true })
  const file = openSync(join(folder, `${process.pid}.log`), 'a')
  const sample = () => {
    collect()
    // The memory outside of V8 that the first one has freed is given back on another thread; the second one waits for it.
    collect()
    const { heapUsed, external, rss } = process.memoryUsage()
    try {
      writeSync(file, `${Date.now()} ${heapUsed} ${external} ${rss}\n`)
    } catch {
      // The folder's disk is full: that is not the manager's business.
    }
  }
  setInterval(sample, SAMPLE_MS).unref()
}
