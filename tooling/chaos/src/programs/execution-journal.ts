import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** One line for each time that a container begins to work on a request. Lines survive `kill -9`. */
export class ExecutionJournal {
  private readonly file: number

  constructor(folder: string, container: string) {
    this.file = openSync(join(folder, `${container}-${process.pid}.log`), 'a')
  }

  /** Must be called before the work begins. */
  begins(id: string, requestNo: string, inference: string): void {
    writeSync(this.file, `${id} ${requestNo} ${inference} ${Date.now()}\n`)
  }
}
