import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files named `answer.txt`, which the program `reader` reads at its start. */
export class AnswerFiles {
  private count = 0

  constructor(private readonly worldFolder: string) {}

  /** A folder for `scriptPath` with one of them in it. */
  scripts(answer: string): string {
    const folder = join(this.worldFolder, `scripts-${++this.count}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'answer.txt'), answer)
    return folder
  }

  /** Path of one, in a folder of its own. */
  write(answer: string): string {
    return join(this.scripts(answer), 'answer.txt')
  }
}
