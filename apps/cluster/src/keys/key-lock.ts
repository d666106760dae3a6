import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity, startTimeOf } from '../boards/local/process-identity'

/** How long another command may hold the lock, and how often it is tried, in ms. */
const LOCK_LIMIT_MS = 5_000
const LOCK_PAUSE_MS = 20

/**
 * Change the keys while nobody else does.
 * @throws Error naming the lock and its holder, who has it for too long
 */
export async function withKeyLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, 'lock')
  const giveUpAt = performance.now() + LOCK_LIMIT_MS
  while (!(await take(path))) {
    const holder = await holderOf(path)
    if (holder && !isAlive(holder)) await rm(path, { force: true })
    else if (performance.now() > giveUpAt) {
      throw new Error(
        `${path} is held${holder ? ` by process ${holder.pid}` : ''}: wait for the other "aicluster keys", or remove the file`,
      )
    } else await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS))
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function holderOf(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}
