// Answers with what stood in `answer.txt` of its folder when it was started. If that was `broken`, it ends at once; if it was
// `hangs`, it never connects.
import { readFileSync } from 'node:fs'
import { me, open } from './lib.mjs'

const answer = readFileSync('answer.txt', 'utf8')
if (answer === 'broken') throw new Error('answer.txt is broken')
if (answer === 'hangs') await new Promise(() => setInterval(() => {}, 1_000))
const connector = await open()
await connector.serve(() => ({ ...me, answer }))
