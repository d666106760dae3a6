import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { StagedFiles } from '../boards/board'
import { readJsonFile, writeJsonFile } from './json-file'

const TOGETHER = '.together-'

/** The end of one `put_file`. */
export interface Committing {
  /** It has failed, and is about to be reverted. */
  undo(): Promise<void>
  /** It has its end, one way or the other. */
  done(): Promise<void>
}

/** In a file, from before the first to after the last folder of one `put_file` has taken its place. */
interface Together {
  names: readonly string[]
  /** Those of which nothing was put before. */
  fresh: readonly string[]
  /** What a manager that finds this does with all of them. */
  to: 'new' | 'old'
}

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

  /** What is in the folder of {@link stage}. Its commit, after {@link committing}, has it count beside, or instead of, what was put before. */
  staged(inferenceName: string): StagedFiles {
    const [fresh, replaced, folder] = [this.stagingOf(inferenceName), this.replacedOf(inferenceName), this.placeOf(inferenceName)]
    const undo: (() => Promise<void>)[] = []
    return {
      async commit() {
        if (existsSync(folder)) {
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

  /**
   * What is staged for these is about to be committed. Should the manager die before {@link Committing.done}, its successor brings all of
   * them to the new files, after {@link Committing.undo} to the old ones.
   */
  async committing(names: readonly string[]): Promise<Committing> {
    const fresh = names.filter((name) => !existsSync(this.placeOf(name)))
    for (const name of names) if (!fresh.includes(name)) await bringMissing(this.placeOf(name), this.stagingOf(name))
    // Their locks are held: nobody else has one of the first's name.
    const path = this.togetherPathOf(names[0] as string)
    const write = (to: Together['to']) => writeJsonFile(path, { names, fresh, to } satisfies Together)
    await write('new')
    return { undo: () => write('old'), done: () => rm(path, { force: true }) }
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
    for (const entry of await readdir(this.folder)) await this.finishTogether(join(this.folder, entry))
    for (const entry of await readdir(this.folder)) {
      const [, kind, name = ''] = /^(?:\.(new|old|replacing|together)-)?(.*)$/s.exec(entry) ?? []
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

  /** The file stays to the end: a manager that dies in this does it again. */
  private async finishTogether(path: string): Promise<void> {
    if (!basename(path).startsWith(TOGETHER)) return
    const together = (await readJsonFile(path).catch(() => undefined)) as Together | undefined
    // One that was about to be written counts for nothing.
    if (!together || path !== this.togetherPathOf(together.names[0] as string)) return
    for (const name of together.names) {
      if (together.to === 'new') await this.toNew(name)
      else await this.toOld(name, together.fresh.includes(name))
    }
    await rm(path)
  }

  private async toNew(inferenceName: string): Promise<void> {
    const [fresh, folder] = [this.stagingOf(inferenceName), this.placeOf(inferenceName)]
    if (!existsSync(fresh)) return
    if (existsSync(folder)) await rename(folder, this.replacedOf(inferenceName))
    await rename(fresh, folder)
  }

  private async toOld(inferenceName: string, nothingBefore: boolean): Promise<void> {
    const [replaced, folder] = [this.replacedOf(inferenceName), this.placeOf(inferenceName)]
    const isReplaced = existsSync(replaced)
    if (isReplaced || nothingBefore) await rm(folder, { recursive: true, force: true })
    if (isReplaced) await rename(replaced, folder)
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

  private togetherPathOf(firstName: string): string {
    return join(this.folder, `${TOGETHER}${firstName}`)
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
