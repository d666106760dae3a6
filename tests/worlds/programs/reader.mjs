// Answers with what stood in `answer.txt` of its folder when it was started. If that was `broken`, it ends at once; if it was
// `hangs`, it waits until every gate is open.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { me, open } from './lib.mjs'

const answer = readFileSync('answer.txt', 'utf8')
if (answer === 'broken') throw new Error('answer.txt is broken')
while (answer === 'hangs' && !existsSync(join(process.env.TEST_GATES, 'every-gate'))) await sleep(5)
const connector = await open()
await connector.serve(() => ({ ...me, answer }))
