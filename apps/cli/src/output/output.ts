import { type ErrorView, errorText } from '../cli-errors'
import type { Color, Paint } from './colors'
import type { TerminalStream } from './live-lines'
import { printable, printableJson, printableLine } from './printable'
import { Progress, type ProgressDetail } from './progress'
import { Screen } from './screen'
import { type Column, tableLines } from './table'

/** The streams of the process, or a test's. */
export interface OutputStreams {
  stdout: TerminalStream
  stderr: TerminalStream
}

/**
 * Everything that a command says. Results go to stdout, everything else to stderr; with `--json`, stdout gets exactly one
 * JSON value, or a JSON object a line where there is no end to them. What containers may have written is stripped of control
 * characters.
 */
export class Output {
  private hasResult = false
  private inLines = false
  private readonly waiting: Progress

  constructor(
    private readonly streams: OutputStreams,
    readonly json: boolean,
    private readonly paint: { stdout: Paint; stderr: Paint },
    quiet = false,
  ) {
    this.waiting = new Progress(streams.stderr, json || quiet)
  }

  /** Whether results go to a terminal. */
  get isTerminal(): boolean {
    return this.streams.stdout.isTTY === true
  }

  /** The whole terminal, for what is drawn again and again. */
  screen(): Screen {
    return new Screen(this.streams.stdout, this.paint.stdout)
  }

  /** The command's result: `value` with `--json`, else what `human` prints. */
  result(value: unknown, human: () => void): void {
    if (this.json) this.oneValue(value)
    else human()
  }

  /** One of any number of results: `value` on a line of its own with `--json`, else what `human` prints. */
  oneOf(value: unknown, human: () => void): void {
    if (!this.json) return human()
    this.inLines = true
    this.write('stdout', `${printableJson(value)}\n`)
  }

  /** A line of the result, for people. */
  line(text: string, color?: Color): void {
    this.write('stdout', `${this.colored('stdout', text, color)}\n`)
  }

  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], indent = ''): void {
    for (const [index, line] of tableLines(columns, rows).entries()) {
      this.write('stdout', `${indent}${index === 0 ? this.paint.stdout('bold', line) : line}\n`)
    }
  }

  /** A line beside the result. */
  note(text: string, color?: Color): void {
    this.write('stderr', `${this.colored('stderr', text, color)}\n`)
  }

  /** A line of several parts, each with its colour, beside the result. */
  noteParts(parts: readonly (readonly [text: string, color?: Color])[]): void {
    const texts = parts.filter(([part]) => part !== '').map(([part, color]) => this.colored('stderr', part.replace(/\n/g, ' '), color))
    this.write('stderr', `${texts.join(' ')}\n`)
  }

  /** @param command - that failed: `boards rm` */
  error(view: ErrorView, command?: string): void {
    if (this.inLines) this.oneOf({ error: view }, () => {})
    else if (this.json) this.oneValue({ error: view })
    this.note(errorText(view, command), 'red')
  }

  /** Wait for `work`; say what is waited for once it takes more than a second, and how far it is. Nothing with `--json`, `--quiet`. */
  progress<T>(what: string, work: Promise<T>, detail?: ProgressDetail): Promise<T> {
    return this.waiting.during(printableLine(what), work, detail)
  }

  /** What comes after the result (a manager that was ready and then failed) is on stderr alone. */
  private oneValue(value: unknown): void {
    if (!this.hasResult) this.write('stdout', `${printableJson(value, 2)}\n`)
    this.hasResult = true
  }

  private write(stream: 'stdout' | 'stderr', text: string): void {
    this.waiting.hide()
    this.streams[stream].write(text)
  }

  private colored(stream: 'stdout' | 'stderr', text: string, color: Color | undefined): string {
    const safe = printable(text)
    return color ? this.paint[stream](color, safe) : safe
  }
}
