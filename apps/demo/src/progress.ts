const BAR_WIDTH = 30
/** ms between two drawings of the bar, and between two plain lines where there is no terminal. */
const BAR_EVERY_MS = 50
const LINE_EVERY_MS = 2_000
const ERASE_LINE = '\r\u001b[K'

/** Where progress is shown: standard error, or a test's. */
export interface ProgressOutput {
  isTTY?: boolean
  write(text: string): unknown
}

/** Shows how far it is: a bar on a terminal, a line now and then elsewhere. */
export class Progress {
  private shownAt: number

  constructor(
    private readonly total: number,
    private readonly output: ProgressOutput,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.shownAt = now()
  }

  update(done: number): void {
    const now = this.now()
    if (now - this.shownAt < (this.output.isTTY ? BAR_EVERY_MS : LINE_EVERY_MS)) return
    this.shownAt = now
    this.output.write(this.output.isTTY ? `\r${bar(done, this.total)}` : `${done} of ${this.total} answered\n`)
  }

  /** Leaves the line as if nothing had been there. */
  end(): void {
    if (this.output.isTTY) this.output.write(ERASE_LINE)
  }
}

/** `[#####-----] 500 of 1000` */
export function bar(done: number, total: number): string {
  const full = Math.round((done / total) * BAR_WIDTH)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] ${done} of ${total}`
}
