import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { isAlive, type ProcessIdentity, startTimeOf } from '../boards/local/process-identity'

/** Whose lock cannot be understood: the power went before it was on the disk. */
const NOBODY: ProcessIdentity = { pid: 0, startTime: 'unreadable' }

/**
 * Take a lock: a file that says which process holds it.
 *
 * One whose process is gone is cleared away first, by one process at a time: whoever has found the same one meanwhile looks again, and
 * does not clear away the lock of the one that was faster.
 *
 * @returns undefined: it is ours, to be removed; otherwise who holds it
 */
export async function takeLock(path: string): Promise<ProcessIdentity | undefined> {
  for (;;) {
    if (await make(path)) return undefined
    const holder = await holderOf(path)
    // It has just been given back.
    if (holder === undefined) continue
    if (isAlive(holder)) return holder
    const busy = await clear(path, holder)
    if (busy) return busy
  }
}

/**
 * Clear away a lock whose process is gone. Only who holds the lock that is named after that process may do so, or it could be another
 * one's lock by now.
 * @returns who is about it
 */
async function clear(path: string, gone: ProcessIdentity): Promise<ProcessIdentity | undefined> {
  const clearing = `${path}.${gone.pid}-${gone.startTime.replace(/[^0-9A-Za-z-]/g, '_')}`
  const busy = await takeLock(clearing)
  if (busy) return busy
  try {
    const holder = await holderOf(path)
    if (holder?.pid === gone.pid && holder.startTime === gone.startTime) await rm(path, { force: true })
  } finally {
    await rm(clearing, { force: true })
  }
  return undefined
}

/** @returns whether there was none */
async function make(path: string): Promise<boolean> {
  const prepared = `${path}.new-${randomBytes(8).toString('hex')}`
  try {
    // Linked when it is complete: whoever finds a lock can also read whose it is.
    await writeFile(prepared, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }), { mode: 0o600 })
    await link(prepared, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(prepared, { force: true })
  }
}

async function holderOf(path: string): Promise<ProcessIdentity | undefined> {
  try {
    const { pid, startTime } = JSON.parse(await readFile(path, 'utf8')) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : NOBODY
  } catch (error) {
    if (error instanceof SyntaxError) return NOBODY
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
