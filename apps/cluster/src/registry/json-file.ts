import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Write JSON, {@link writeWholeFile whole}. */
export const writeJsonFile = (path: string, value: unknown): Promise<void> => writeWholeFile(path, `${JSON.stringify(value, null, 2)}\n`)

/** Write so that a reader sees the old content or the new, also after a power cut. The file is readable by this user alone. */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  const folder = await open(dirname(path))
  await folder.sync().catch(() => {})
  await folder.close()
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
