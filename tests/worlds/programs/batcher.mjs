// A model whose run costs TEST_COST_MS (40) however many requests it has: gathers up to `TEST_MAX` of them and answers each with how many there were.
// `tag` in the metadata names a request in the file by which the program says that it has it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from './lib.mjs'

const connector = await open()
const max = Number(process.env.TEST_MAX)
const costMs = Number(process.env.TEST_COST_MS ?? 40)
for (;;) {
  const batch = await connector.receiveRequests({ max, waitMs: 20 })
  for (const { metadata } of batch) if (metadata.tag) writeFileSync(join(process.env.TEST_GATES, `begun-${metadata.tag}`), '')
  await sleep(costMs)
  for (const { response } of batch) connector.sendResponse(batch.length, response)
}
