/** A command that is done within this time shows no progress, in ms. */
const QUIET_MS = 1_000
const FRAME_MS = 120
const FRAMES = ['-', '\\', '|', '/']
const ERASE_LINE = '\r\u001b[K'

/** Where progress is shown: standard error. */
export interface ProgressStream {
  isTTY?: boolean | undefined
  write(text: string): unknown
}

/**
 * Says what is waited for once it takes more than a second: a spinner with the seconds on a terminal, one line elsewhere.
 * A spinner leaves its line as it was.
 */
export class Progress {
  private drawn = false

  constructor(private readonly stream: ProgressStream) {}

  /** Wait for `work`. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    const startedAt = performance.now()
    let frame = 0
    let timer: NodeJS.Timeout
    const draw = (): void => {
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      this.stream.write(`${ERASE_LINE}${FRAMES[frame++ % FRAMES.length]} ${what} (${seconds} s)`)
      this.drawn = true
      timer = setTimeout(draw, FRAME_MS)
    }
    timer = setTimeout(() => {
      if (this.stream.isTTY) return draw()
      this.stream.write(`${what} ...\n`)
    }, QUIET_MS)
    try {
      return await work
    } finally {
      clearTimeout(timer)
      this.hide()
    }
  }

  /** Make room for a line; the spinner comes back below it. */
  hide(): void {
    if (this.drawn) this.stream.write(ERASE_LINE)
    this.drawn = false
  }
}
