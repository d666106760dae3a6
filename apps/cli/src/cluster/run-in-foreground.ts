import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { logLineParts } from '../output/log-line'
import type { Output } from '../output/output'
import { endingOf, isOwnError, managerFailure, managerProgram } from './manager-program'
import { type ManagerWord, wordOf } from './manager-word'

/** What ends the manager with its containers: Ctrl-C, and a terminal that is closed. */
const STOP_ALL: NodeJS.Signals[] = ['SIGINT', 'SIGHUP']

/**
 * Run the manager until it ends, its log on stderr. It ends with this process, however that ends.
 *
 * Ctrl-C stops it with its containers; SIGTERM leaves them for the next manager; a second signal cuts the drain short.
 *
 * @throws ManagerError it did not start, or did not end by itself
 */
export async function runInForeground(args: readonly string[], output: Output, onReady: (manager: ManagerWord) => void): Promise<void> {
  // A process group of its own: the terminal's Ctrl-C reaches us alone, and we pass it on once.
  const manager = spawn(process.execPath, [managerProgram(), ...args, '--ready-json', '--exit-with-parent'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const forward = (signal: NodeJS.Signals) => manager.kill(STOP_ALL.includes(signal) ? 'SIGINT' : signal)
  const signals: NodeJS.Signals[] = [...STOP_ALL, 'SIGTERM']
  for (const signal of signals) process.on(signal, forward)
  const why: string[] = []
  createInterface({ input: manager.stderr as Readable }).on('line', (line) => {
    if (why.length > 0 || isOwnError(line)) why.push(line)
    else showLogLine(output, line)
  })
  createInterface({ input: manager.stdout as Readable }).on('line', (line) => {
    const word = readyWord(line)
    if (word) onReady(word)
  })
  try {
    const { code, signal } = await ended(manager)
    if (code !== 0) throw managerFailure(endingOf(code, signal), why)
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}

function showLogLine(output: Output, line: string): void {
  const parts = logLineParts(line)
  if (parts) output.noteParts(parts)
  else output.note(line)
}

function readyWord(line: string): ManagerWord | undefined {
  try {
    const word = JSON.parse(line) as ManagerWord & { event: string }
    return word.event === 'ready' ? wordOf(word) : undefined
  } catch {
    return undefined
  }
}

/** Its end, with everything it wrote read. */
const ended = (manager: ReturnType<typeof spawn>): Promise<{ code: number | null; signal: NodeJS.Signals | null }> =>
  new Promise((resolve, reject) => {
    manager.on('close', (code, signal) => resolve({ code, signal }))
    manager.on('error', reject)
  })
