// Answers after the number of ms that `ms` in the metadata says. A `tag` in the metadata is noted in the folder of gates
// before the work begins, one line each time.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { me, open } from './lib.mjs'

const connector = await open()

await connector.serve(async ({ metadata }) => {
  if (metadata.tag) appendFileSync(join(process.env.TEST_GATES, 'executions'), `${metadata.tag}\n`)
  await sleep(metadata.ms)
  return me
})
