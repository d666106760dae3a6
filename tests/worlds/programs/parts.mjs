// Answers in `count` parts: numbers, or with `size` bytes that all have the part's number.
// Before part `gateAt` it waits for the file `gate` in the folder of gates; `tag` names the files by which it says what it has seen:
// `sent-<tag>` has one byte for each part that was taken off its hands. `fail`: ends with an error. `die`: ends its process there.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { me, open } from './lib.mjs'

const gates = process.env.TEST_GATES
const connector = await open()

await connector.serve(async function* ({ metadata, signal, wantsParts, response }) {
  const { count = 0, size = 0, gate, gateAt = -1, tag, fail, die = -1, everyMs = 0 } = metadata
  const note = (what) => tag && writeFileSync(join(gates, `${what}-${tag}`), '')
  signal.addEventListener('abort', () => note('aborted'))
  note('begun')
  try {
    for (let n = 0; n < count; n++) {
      if (n === die) process.exit(9)
      if (n === gateAt) while (!existsSync(join(gates, gate)) && !existsSync(join(gates, 'every-gate')) && !signal.aborted) await sleep(5)
      if (everyMs > 0) await sleep(everyMs)
      yield size > 0 ? new Uint8Array(size).fill(n) : n
      if (tag) appendFileSync(join(gates, `sent-${tag}`), '.')
    }
    if (fail) throw new Error(fail)
    return { ...me, count, wantsParts, requestNo: response.requestNo }
  } finally {
    note('ended')
  }
})
