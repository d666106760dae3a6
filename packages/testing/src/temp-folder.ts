import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one test, with a path short enough for Unix sockets. `await using` removes it. */
export interface TempFolder {
  readonly path: string
  /** Remove it and everything in it. Twice does no harm. */
  remove(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Make a new empty folder that only this user may open. */
export async function tempFolder(prefix = 'aic-'): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  const remove = () => rm(path, { recursive: true, force: true })
  return { path, remove, [Symbol.asyncDispose]: remove }
}
