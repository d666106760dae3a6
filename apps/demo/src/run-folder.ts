import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A folder for one run, the cluster manager's state folder. Named by our process number, so that two runs get along. */
export class RunFolder {
  private constructor(
    private readonly parent: string,
    readonly path: string,
  ) {}

  /** Make it, and remove those of runs that were killed before they could do it themselves. */
  static create(parent: URL, pid = process.pid): RunFolder {
    const folder = fileURLToPath(parent)
    const path = join(folder, String(pid))
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder).filter((name) => /^\d+$/.test(name))) {
      const other = Number(name)
      const inUse = (other !== pid && isAlive(other)) || isAlive(managerIn(join(folder, name)))
      if (!inUse) removeAll(join(folder, name))
    }
    // Recursive: another run that ends may have removed the folder of all runs just now.
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return new RunFolder(folder, path)
  }

  /** Remove it, and the folder of all runs if no other uses it. */
  remove(): void {
    removeAll(this.path)
    try {
      rmdirSync(this.parent)
    } catch {
      // Another run is in it.
    }
  }
}

/** Process number of the manager that says it uses this state folder. */
function managerIn(folder: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'manager.json'), 'utf8')) as { pid: number }).pid
  } catch {
    return undefined
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Programs that are just ending may still write their last lines: then it takes more than one try. */
export const removeAll = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 })
