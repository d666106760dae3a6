import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Node's last word when an error that nobody has caught ends a program. */
const LAST_WORD = /^Node\.js v\d/
const WORDS_SHOWN = 8

/**
 * Programs that have ended by an error of their own, with their last words, as their error output tells. Of containers that were
 * unloaded nothing is left to look at.
 */
export function crashesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.err') || path.includes('stderr.log'))
    .flatMap((path) => crashesOf(readFileSync(join(folder, path), 'utf8')).map((words) => `${path}: a program crashed:\n${words}`))
}

/** The last words before each crash in an error output. */
function crashesOf(output: string): string[] {
  const lines = output.split('\n')
  return lines.flatMap((line, i) => (LAST_WORD.test(line) ? [lines.slice(Math.max(0, i - WORDS_SHOWN), i).join('\n')] : []))
}
