import { LiveLines, type TerminalStream } from './live-lines'

/** A command that is done within this time shows no progress, in ms. */
const QUIET_MS = 1_000
const FRAME_MS = 120
const FRAMES = ['-', '\\', '|', '/']

/** How far something is, line by line, beside what is waited for. */
export interface ProgressDetail {
  /** For a terminal: all of it, drawn anew each time. */
  lines(): string[]
  /** For everything else: what there is to say that has not been said. */
  news(): string[]
}

const NO_DETAIL: ProgressDetail = { lines: () => [], news: () => [] }

/**
 * Says what is waited for once it takes more than a second: on a terminal a spinner with the seconds and, below it, how far
 * it is, in place; elsewhere plain lines. A terminal's lines are left as they were.
 */
export class Progress {
  private readonly live: LiveLines

  constructor(
    private readonly stream: TerminalStream,
    /** Say nothing at all. */
    private readonly quiet = false,
  ) {
    this.live = new LiveLines(stream)
  }

  /** Wait for `work`. */
  async during<T>(what: string, work: Promise<T>, detail = NO_DETAIL): Promise<T> {
    if (this.quiet) return work
    const startedAt = performance.now()
    let frame = 0
    let timer: NodeJS.Timeout
    const draw = (): void => {
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      this.live.draw([`${FRAMES[frame++ % FRAMES.length]} ${what} (${seconds} s)`, ...detail.lines()])
      timer = setTimeout(draw, FRAME_MS)
    }
    const tell = (): void => {
      for (const line of detail.news()) this.stream.write(`${line}\n`)
      timer = setTimeout(tell, FRAME_MS)
    }
    timer = setTimeout(() => {
      if (this.stream.isTTY) return draw()
      this.stream.write(`${what} ...\n`)
      tell()
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
    this.live.erase()
  }
}
