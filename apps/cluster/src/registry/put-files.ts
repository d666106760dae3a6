import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StagedFiles } from '../boards/board'
import { readJsonFile, writeJsonFile } from './json-file'

/**
 * The files that `put_file` has brought, in a folder per inference: the truth, which every new container of it gets over the files
 * of its config, through reloads and restarts, until the inference is unloaded or replaced.
 */
export class PutFiles {
  constructor(private readonly folder: string) {}

  /** Undefined: none were put. */
  folderOf(inferenceName: string): string | undefined {
    const folder = this.placeOf(inferenceName)
    return existsSync(folder) ? folder : undefined
  }

  /** An empty folder for files that are to be put. */
  async stage(inferenceName: string): Promise<string> {
    const staging = this.stagingOf(inferenceName)
    for (const path of [staging, this.replacedOf(inferenceName)]) await rm(path, { recursive: true, force: true })
    await mkdir(staging, { recursive: true, mode: 0o700 })
    return staging
  }

  /** What is in the folder of {@link stage}, ready to count beside, or instead of, what was put before: all of it at once. */
  async staged(inferenceName: string): Promise<StagedFiles> {
    const [fresh, replaced, folder] = [this.stagingOf(inferenceName), this.replacedOf(inferenceName), this.placeOf(inferenceName)]
    const undo: (() => Promise<void>)[] = []
    return {
      async commit() {
        if (existsSync(folder)) {
          await bringMissing(folder, fresh)
          await rename(folder, replaced)
          undo.unshift(() => rename(replaced, folder))
        }
        await rename(fresh, folder)
        undo.unshift(() => rename(folder, fresh))
      },
      async revert() {
        for (const step of undo) await step()
      },
      async dispose() {
        for (const path of [fresh, replaced]) await rm(path, { recursive: true, force: true })
      },
    }
  }

  /** Containers that may come to replace those of the inference: once one of them is registered, what was put counts no more. */
  async replacing(inferenceName: string, instances: readonly string[]): Promise<void> {
    if (this.folderOf(inferenceName) !== undefined) await writeJsonFile(this.replacingPathOf(inferenceName), instances)
  }

  /** The inference is gone, or is another one now. */
  async delete(inferenceName: string): Promise<void> {
    for (const path of [this.placeOf(inferenceName), this.replacingPathOf(inferenceName)]) await rm(path, { recursive: true, force: true })
  }

  /**
   * What an earlier manager was about when it died is undone, or finished where it counted already.
   * @param registered - by inference, the instances of its containers; undefined where there is none
   */
  async recover(registered: (inferenceName: string) => readonly string[] | undefined): Promise<void> {
    for (const entry of await readdir(this.folder)) {
      const [, kind, name = ''] = /^(?:\.(new|old|replacing)-)?(.*)$/s.exec(entry) ?? []
      const place = join(this.folder, entry)
      if (kind === 'old' && !existsSync(this.placeOf(name))) await rename(place, this.placeOf(name))
      else if (kind === 'replacing') {
        // One that was not written to its end has replaced nothing yet.
        const instances = (await readJsonFile(place).catch(() => undefined)) as string[] | undefined
        if (registered(name)?.some((instance) => instances?.includes(instance))) await this.delete(name)
      }
      if (kind !== undefined || registered(name) === undefined) await rm(place, { recursive: true, force: true })
    }
  }

  /** Where files wait. Names of inferences begin with a letter or digit: this is none. */
  stagingOf(inferenceName: string): string {
    return join(this.folder, `.new-${inferenceName}`)
  }

  private placeOf(inferenceName: string): string {
    return join(this.folder, inferenceName)
  }

  private replacedOf(inferenceName: string): string {
    return join(this.folder, `.old-${inferenceName}`)
  }

  private replacingPathOf(inferenceName: string): string {
    return join(this.folder, `.replacing-${inferenceName}`)
  }
}

/** Files of one folder that another does not have. */
async function bringMissing(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const [source, place] = [join(from, name), join(to, name)]
    // Not every file system has links.
    if (!existsSync(place)) await link(source, place).catch(() => copyFile(source, place))
  }
}
