/** A stream that may be a terminal: standard output or standard error. */
export interface TerminalStream {
  isTTY?: boolean | undefined
  /** Of a terminal, in characters. */
  columns?: number | undefined
  rows?: number | undefined
  write(text: string): unknown
}

const ERASE_BELOW = '\u001b[J'
const UP = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '')

/** What a terminal has that does not tell its size. */
const COLUMNS = 80
const ROWS = 24

/** Lines below everything else on a terminal, drawn anew in place, and erased without a trace. */
export class LiveLines {
  private drawn = 0

  constructor(private readonly stream: TerminalStream) {}

  /** In place of those before. What does not fit the terminal is cut off: a wrapped line could not be found again. */
  draw(lines: readonly string[]): void {
    const shown = fitting(lines, this.stream)
    this.stream.write(`${this.toTop()}${ERASE_BELOW}${shown.join('\n')}`)
    this.drawn = shown.length
  }

  /** Make room for other output. */
  erase(): void {
    if (this.drawn > 0) this.stream.write(`${this.toTop()}${ERASE_BELOW}`)
    this.drawn = 0
  }

  private toTop(): string {
    return `\r${UP(this.drawn - 1)}`
  }
}

/** Lines cut to a terminal's size; what is left out below is counted in the last line. */
export function fitting(lines: readonly string[], { columns, rows }: Pick<TerminalStream, 'columns' | 'rows'>): string[] {
  // A character in the last column makes some terminals wrap.
  const width = Math.max(1, (columns || COLUMNS) - 1)
  const height = Math.max(1, (rows || ROWS) - 1)
  const more = lines.length - height
  const shown = more > 0 ? [...lines.slice(0, height - 1), `... ${more + 1} more lines`] : lines
  return shown.map((line) => line.slice(0, width))
}
