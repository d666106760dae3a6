import type { Argument, Command, Option } from 'commander'

/** What may stand at one place of a command line. */
export type Completion =
  | { kind: 'words'; words: Candidate[] }
  /** Names that the cluster knows. */
  | { kind: 'names'; of: NameKind; given: GivenOptions }
  /** Paths: the shell knows them best. */
  | { kind: 'paths'; of: PathKind }

export type NameKind = 'inference' | 'board' | 'container'
type PathKind = 'file' | 'folder'

export interface Candidate {
  word: string
  what: string
}

/** Options that the line has so far, those of every command too: `--state`, `--endpoint`. By their long name. */
export type GivenOptions = Readonly<Record<string, string>>

const HELP: Candidate = { word: '--help', what: 'help for a command' }
const NOTHING: Completion = { kind: 'words', words: [] }

/** Placeholders of arguments and values that say what they take. */
const KIND_OF_PLACEHOLDER: Readonly<Record<string, NameKind | PathKind>> = {
  inference: 'inference',
  board: 'board',
  container: 'container',
  file: 'file',
  files: 'file',
  dir: 'folder',
}

/**
 * What may stand in place of the last of `words`, by what the program's commands take.
 * @param words - the line without the program's name; the last is what is being typed, perhaps empty
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const line = new Line(program)
  for (const word of words.slice(0, -1)) line.take(word)
  return line.next(words.at(-1) ?? '')
}

/** A command line, word by word. */
class Line {
  private readonly given: Record<string, string> = {}
  private readonly chain: Command[]
  private position = 0
  private waiting: Option | undefined
  private onlyArguments = false

  constructor(program: Command) {
    this.chain = [program]
  }

  take(word: string): void {
    const { waiting } = this
    if (waiting && !(waiting.variadic && word.startsWith('-'))) {
      this.given[waiting.long ?? ''] = word
      if (!waiting.variadic) this.waiting = undefined
      return
    }
    this.waiting = undefined
    if (word === '--') this.onlyArguments = true
    else if (!this.onlyArguments && word.startsWith('-')) this.takeOption(word)
    else this.takeArgument(word)
  }

  next(word: string): Completion {
    if (this.waiting && !(this.waiting.variadic && word.startsWith('-'))) return this.valueOf(this.waiting)
    if (this.onlyArguments || !word.startsWith('-')) return this.argument()
    const [name, value] = splitOption(word)
    if (value === undefined) return { kind: 'words', words: [...this.options().map(optionCandidate), HELP] }
    const option = this.option(name)
    return option?.required ? this.valueOf(option) : NOTHING
  }

  private takeOption(word: string): void {
    const [name, value] = splitOption(word)
    const option = this.option(name)
    if (!option?.required) return
    if (value === undefined) this.waiting = option
    else this.given[option.long ?? ''] = value
  }

  private takeArgument(word: string): void {
    const command = this.position === 0 ? visible(this.command.commands).find((one) => one.name() === word) : undefined
    if (command) this.chain.push(command)
    else this.position++
  }

  private argument(): Completion {
    const commands = visible(this.command.commands)
    if (commands.length > 0) {
      return this.position > 0 ? NOTHING : { kind: 'words', words: commands.map((one) => ({ word: one.name(), what: one.summary() })) }
    }
    const { registeredArguments } = this.command
    const argument = registeredArguments[Math.min(this.position, registeredArguments.length - 1)]
    if (!argument || (this.position >= registeredArguments.length && !argument.variadic)) return NOTHING
    return this.byPlaceholder(argument.name(), argument)
  }

  private valueOf(option: Option): Completion {
    return this.byPlaceholder(/[<[](\w+)/.exec(option.flags)?.[1] ?? '', option)
  }

  private byPlaceholder(placeholder: string, { argChoices }: Argument | Option): Completion {
    if (argChoices) return { kind: 'words', words: argChoices.map((word) => ({ word, what: '' })) }
    const of = KIND_OF_PLACEHOLDER[placeholder]
    if (!of) return NOTHING
    return of === 'file' || of === 'folder' ? { kind: 'paths', of } : { kind: 'names', of, given: this.given }
  }

  private get command(): Command {
    return this.chain.at(-1) as Command
  }

  private option(name: string): Option | undefined {
    return this.options().find(({ long, short }) => long === name || short === name)
  }

  private options(): Option[] {
    const own = this.chain.toReversed().flatMap(({ options }) => options)
    return own.filter(({ hidden, long }) => !hidden && (long !== '--version' || this.chain.length === 1))
  }
}

const visible = (commands: readonly Command[]): Command[] => commands.filter((command) => !command.name().startsWith('__'))

/** `--board=b` is an option with its value. */
const splitOption = (word: string): [name: string, value: string | undefined] => {
  const at = word.startsWith('--') ? word.indexOf('=') : -1
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

const optionCandidate = ({ long, short, description }: Option): Candidate => ({ word: long ?? short ?? '', what: description })
