import type { Color, Paint } from './colors'
import { fitting, type TerminalStream } from './live-lines'
import { printable } from './printable'

/** The terminal's second screen, so that the first is as it was afterwards; the cursor out of sight. */
const OPEN = '\u001b[?1049h\u001b[?25l'
const CLOSE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const ERASE_REST_OF_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'

/** A line of a screen. */
export type ScreenLine = readonly [text: string, color?: Color]

/** A whole terminal, drawn in place, until it is closed and given back as it was. */
export class Screen {
  private isOpen = false
  /** Also where something ends the process without unwinding. */
  private readonly onExit = (): void => this.close()

  constructor(
    private readonly stream: TerminalStream,
    private readonly paint: Paint,
  ) {}

  draw(lines: readonly ScreenLine[]): void {
    if (!this.isOpen) {
      this.isOpen = true
      process.once('exit', this.onExit)
      this.stream.write(OPEN)
    }
    const texts = fitting(
      lines.map(([text]) => printable(text).replace(/\n/g, ' ')),
      this.stream,
    )
    const drawn = texts.map((text, index) => {
      const color = lines[index]?.[1]
      return `${color ? this.paint(color, text) : text}${ERASE_REST_OF_LINE}`
    })
    this.stream.write(`${HOME}${drawn.join('\r\n')}${ERASE_BELOW}`)
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    process.off('exit', this.onExit)
    this.stream.write(CLOSE)
  }
}
