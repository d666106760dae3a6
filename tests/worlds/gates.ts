import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files by which a test and the `gated` container program talk: one opens a gate, the other says what it has seen. */
export class Gates {
  constructor(readonly folder: string) {
    mkdirSync(folder)
  }

  /** Every gate, until {@link Gates.closeAll}. */
  openAll(): void {
    this.open('every-gate')
  }

  /** As at the beginning: every gate is closed, nothing was seen. */
  closeAll(): void {
    for (const name of readdirSync(this.folder)) rmSync(join(this.folder, name))
  }

  /** Whatever waits, or will wait, at this gate is answered. */
  open(gate: string): void {
    writeFileSync(join(this.folder, gate), '')
  }

  /** Whether the program has seen that nobody wants the outcome of a request any more. */
  sawAbortOf(requestTag: string): boolean {
    return existsSync(join(this.folder, `aborted-${requestTag}`))
  }

  /** Whether the program has been given a request. */
  sawBeginOf(requestTag: string): boolean {
    return existsSync(join(this.folder, `begun-${requestTag}`))
  }

  /** Whether the program has answered a request. */
  sawEndOf(requestTag: string): boolean {
    return existsSync(join(this.folder, `ended-${requestTag}`))
  }
}
