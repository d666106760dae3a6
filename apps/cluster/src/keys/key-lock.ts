import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { takeLock } from '../registry/lock-file'

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
  for (let holder = await takeLock(path); holder; holder = await takeLock(path)) {
    if (performance.now() > giveUpAt) {
      throw new Error(`${path} is held by process ${holder.pid}: wait for the other "aicluster keys", or remove the file`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS))
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}
