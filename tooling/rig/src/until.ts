import { setTimeout as sleep } from 'node:timers/promises'
import { RigError } from './rig-error'

const POLL_MS = 50

/** Ask again and again until the answer is yes. @throws RigError with what was waited for, and `more()`, when it takes too long */
export async function until(what: string, ask: () => Promise<boolean>, limitMs: number, more?: () => string): Promise<void> {
  const giveUpAt = performance.now() + limitMs
  while (!(await ask())) {
    if (performance.now() > giveUpAt) throw new RigError(`waited ${limitMs} ms for ${what}${more ? `: ${more()}` : ''}`)
    await sleep(POLL_MS)
  }
}
