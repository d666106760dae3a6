import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StagedFiles } from '../boards/board'
import { swapFiles } from '../boards/local/swap-files'

/**
 * The files that `put_file` has brought, in a folder per inference: the truth, which every new container of it gets over the files
 * of its config, through reloads and restarts, until the inference is unloaded or replaced.
 */
export class PutFiles {
  constructor(private readonly folder: string) {}

  /** Undefined: none were put. */
  folderOf(inferenceName: string): string | undefined {
    const folder = join(this.folder, inferenceName)
    return existsSync(folder) ? folder : undefined
  }

  /** An empty folder for files that are to be put. */
  async stage(inferenceName: string): Promise<string> {
    const staging = this.stagingOf(inferenceName)
    await rm(staging, { recursive: true, force: true })
    await mkdir(staging, { recursive: true, mode: 0o700 })
    return staging
  }

  /** What is in the folder of {@link stage}, ready to count beside, or instead of, what was put before. */
  async staged(inferenceName: string): Promise<StagedFiles> {
    const fresh = this.stagingOf(inferenceName)
    const replaced = join(this.folder, `.old-${inferenceName}`)
    return swapFiles(await readdir(fresh), { fresh, replaced, folder: join(this.folder, inferenceName) })
  }

  /** The inference is gone, or is another one now. */
  async delete(inferenceName: string): Promise<void> {
    await rm(join(this.folder, inferenceName), { recursive: true, force: true })
  }

  /** Where files wait. Names of inferences begin with a letter or digit: this is none. */
  stagingOf(inferenceName: string): string {
    return join(this.folder, `.new-${inferenceName}`)
  }
}
