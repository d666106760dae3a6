import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Write JSON, {@link writeWholeFile whole}. */
export const writeJsonFile = (path: string, value: unknown): Promise<void> => writeWholeFile(path, asText(value))

/**
 * Write so that a reader sees the old content or the new, also after a power cut. Where it fails, the old one is there. The file is
 * readable by this user alone.
 */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeTextSynced(temporary, text)
    await rename(temporary, path)
  } catch (error) {
    await removeFile(temporary).catch(() => {})
    throw error
  }
  await syncFolder(dirname(path))
}

/** Write JSON that is on the disk when this resolves. What was there is gone at once. */
export const writeSynced = (path: string, value: unknown): Promise<void> => writeTextSynced(path, asText(value))

async function writeTextSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** New names in a folder survive a power cut, where the file system can do that. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}

/** @returns the content, or undefined when there is no such file */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export const removeFile = (path: string): Promise<void> => rm(path, { force: true })
