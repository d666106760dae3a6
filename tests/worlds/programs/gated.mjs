// Holds every request until the file named by `gate` in its metadata appears in the folder of gates.
// `tag` in the metadata names the request in the files by which the program says what it has seen.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { me, open } from './lib.mjs'

const gates = process.env.TEST_GATES
const connector = await open()

await connector.serve(async ({ metadata, signal }) => {
  const { gate = 'open', tag } = metadata
  if (tag) {
    writeFileSync(join(gates, `begun-${tag}`), '')
    signal.addEventListener('abort', () => writeFileSync(join(gates, `aborted-${tag}`), ''))
  }
  while (!existsSync(join(gates, gate)) && !existsSync(join(gates, 'every-gate'))) await sleep(5)
  if (tag) writeFileSync(join(gates, `ended-${tag}`), '')
  return { ...me, gate, tag, aborted: signal.aborted }
})
