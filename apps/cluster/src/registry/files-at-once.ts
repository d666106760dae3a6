import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonFile, removeFile, syncFolder, writeJsonFile, writeSynced } from './json-file'

/** What becomes of the files of a folder, by their names. */
export interface FilesChange {
  written: ReadonlyMap<string, unknown>
  removed: readonly string[]
}

/** The same as it is noted on disk: what is to be written lies beside already. */
interface NotedChange {
  written: string[]
  removed: string[]
}

/**
 * JSON files of one folder that change together: a process that dies, or a disk that is full, leaves all of a change or nothing of it.
 * Names of its files do not begin with a dot. One change at a time.
 */
export class FilesAtOnce {
  constructor(private readonly folder: string) {}

  /** @throws what went wrong: nothing has changed then */
  async change({ written, removed }: FilesChange): Promise<void> {
    await this.finish()
    if (written.size + removed.length === 1) {
      for (const [name, value] of written) await writeJsonFile(this.pathOf(name), value)
      for (const name of removed) await removeFile(this.pathOf(name))
      return
    }
    const names = [...written.keys()]
    try {
      // What needs room comes first.
      for (const [name, value] of written) await writeSynced(this.nextOf(name), value)
      await writeJsonFile(this.notePath, { written: names, removed: [...removed] } satisfies NotedChange)
    } catch (error) {
      for (const name of names) await removeFile(this.nextOf(name)).catch(() => {})
      throw error
    }
    // It counts from here on: what does not work now is done before the next change, or by the next manager.
    await this.finish().catch(() => {})
  }

  /** What an earlier process was about is finished where it counted already, and else gone. */
  async recover(): Promise<void> {
    await this.finish()
    for (const name of await readdir(this.folder)) if (name.startsWith(NEXT)) await removeFile(join(this.folder, name))
  }

  private async finish(): Promise<void> {
    const noted = (await readJsonFile(this.notePath)) as NotedChange | undefined
    if (!noted) return
    for (const name of noted.written) await rename(this.nextOf(name), this.pathOf(name)).catch(unlessMissing)
    for (const name of noted.removed) await removeFile(this.pathOf(name))
    await syncFolder(this.folder)
    await removeFile(this.notePath)
  }

  private get notePath(): string {
    return join(this.folder, '.change')
  }

  private pathOf(name: string): string {
    return join(this.folder, name)
  }

  private nextOf(name: string): string {
    return join(this.folder, `${NEXT}${name}`)
  }
}

const NEXT = '.next-'

/** It has its place already. */
function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
