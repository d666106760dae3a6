/** A control sequence, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const TOKEN = /\u001b\[([?>=]?)([\d;]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[()].|\u001b[=>78cMDE]|[\s\S]/gu
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNFINISHED = /\u001b(?:\[[\d;?>=]*|\][^\u0007\u001b]*)?$/

/** What a terminal of this size would show: as much of it as our commands and the shells need. */
export class EmulatedScreen {
  /** Whether a second screen lies over the first. */
  isAlternate = false
  cursorVisible = true
  private lines: string[] = ['']
  private row = 0
  private column = 0
  private first: { lines: string[]; row: number; column: number } | undefined
  private unfinished = ''

  constructor(
    private readonly rows: number,
    private readonly columns: number,
  ) {}

  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join('\n')
  }

  feed(output: string): void {
    const text = this.unfinished + output
    this.unfinished = UNFINISHED.exec(text)?.[0] ?? ''
    for (const [token, mark = '', numbers = '', final] of text.slice(0, text.length - this.unfinished.length).matchAll(TOKEN)) {
      if (final) this.control(mark, numbers.split(';').map(Number), final)
      else if (token.length === 1) this.character(token)
    }
  }

  private character(token: string): void {
    if (token === '\r') this.column = 0
    else if (token === '\n') this.moveTo(this.row + 1, this.column)
    else if (token === '\b') this.column = Math.max(0, this.column - 1)
    else if (token >= ' ') this.put(token)
  }

  private put(character: string): void {
    if (this.column >= this.columns) this.moveTo(this.row + 1, 0)
    const line = this.line.padEnd(this.column)
    this.line = line.slice(0, this.column) + character + line.slice(this.column + 1)
    this.column++
  }

  private control(mark: string, [first = 0, second = 0]: number[], final: string): void {
    const count = first || 1
    if (mark === '?' && (final === 'h' || final === 'l')) this.mode(first, final === 'h')
    else if (final === 'A') this.row = Math.max(0, this.row - count)
    else if (final === 'B') this.moveTo(this.row + count, this.column)
    else if (final === 'C') this.column += count
    else if (final === 'D') this.column = Math.max(0, this.column - count)
    else if (final === 'G') this.column = count - 1
    else if (final === 'H') this.moveTo((first || 1) - 1, (second || 1) - 1)
    else if (final === 'K') this.line = this.line.slice(0, this.column)
    else if (final === 'J') {
      this.line = first === 2 ? '' : this.line.slice(0, this.column)
      this.lines = first === 2 ? [] : this.lines.slice(0, this.row + 1)
    }
  }

  private mode(number: number, on: boolean): void {
    if (number === 25) this.cursorVisible = on
    if (number !== 1049 || on === this.isAlternate) return
    this.isAlternate = on
    const { lines, row, column } = this
    const other = on ? { lines: [''], row: 0, column: 0 } : this.first
    if (on) this.first = { lines, row, column }
    Object.assign(this, other)
  }

  private moveTo(row: number, column: number): void {
    this.row = row
    this.column = column
    for (; this.row >= this.rows; this.row--) this.lines.shift()
  }

  private get line(): string {
    return this.lines[this.row] ?? ''
  }

  private set line(text: string) {
    while (this.lines.length <= this.row) this.lines.push('')
    this.lines[this.row] = text
  }
}
