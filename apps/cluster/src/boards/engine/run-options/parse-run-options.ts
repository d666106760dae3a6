import { type ParseArgsConfig, parseArgs } from 'node:util'
import { commandWords, splitProblem } from '../../local/program'
import { ALIASES, REFUSED_OPTIONS, RUN_OPTIONS, type RunOptions } from './option-table'
import { OptionValueError } from './option-values'

/** A `run_option` line that cannot be taken; the message goes on where the line ends: `has --foo, which is not supported`. */
export class RunOptionError extends Error {}

const words = [...Object.entries(RUN_OPTIONS), ...Object.entries(REFUSED_OPTIONS)]
const GRAMMAR: ParseArgsConfig['options'] = Object.fromEntries([
  ...words.map(([name, { short, flag }]) => [name, { type: flag ? 'boolean' : 'string', ...(short ? { short } : {}) }] as const),
  ...Object.keys(ALIASES).map((alias) => [alias, { type: 'string' }] as const),
])

/**
 * Read a line of `docker run` options by an allow list.
 *
 * @param allowed - options that reach beyond a container and that the board's config allows: `--device`, `-v`…
 * @throws RunOptionError naming the option: not supported, not allowed on this board, a wrong value
 */
export function parseRunOptions(line: string, allowed: readonly string[]): RunOptions {
  const options: RunOptions = { container: {}, host: {} }
  const problem = splitProblem(line)
  if (problem !== undefined) throw new RunOptionError(problem)
  if (line.includes('\0')) throw new RunOptionError('holds a NUL character')
  const permitted = new Set(allowed.map(permittedKey))
  // Not strict: it would explain itself in words of its own, without naming every option.
  const { tokens } = parseArgs({ args: commandWords(line), options: GRAMMAR ?? {}, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new RunOptionError(`has ${shown(token.value)}, which is no option: image and command have keys of their own`)
    if (token.kind === 'option') take(options, token, permitted)
  }
  return options
}

const LONG_NAMES = new Map(words.map(([name, { short }]) => [short, name]))

/** `-v` allows `--volume`, as the config may have either. */
const permittedKey = (name: string): string =>
  (/^-[A-Za-z]$/.test(name) && LONG_NAMES.get(name.slice(1))) || canonical(name.replace(/^-+/, ''))

const canonical = (name: string): string => ALIASES[name] ?? name
const shown = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)

interface OptionToken {
  name: string
  rawName: string
  value?: string | undefined
}

function take(options: RunOptions, { name, rawName, value }: OptionToken, permitted: ReadonlySet<string>): void {
  const key = canonical(name)
  const refused = Object.hasOwn(REFUSED_OPTIONS, key) ? REFUSED_OPTIONS[key] : undefined
  if (refused) throw new RunOptionError(`has ${rawName}, which is refused: ${refused.refused}`)
  const option = Object.hasOwn(RUN_OPTIONS, key) ? RUN_OPTIONS[key] : undefined
  if (!option) throw new RunOptionError(`has ${shown(rawName).slice(1, -1)}, which is not supported`)
  if (value === undefined && !option.flag) throw new RunOptionError(`has ${rawName} without a value`)
  // `--privileged=false` asks for nothing.
  const given = value ?? 'true'
  const escapes = option.escapes === true || option.escapes?.(given) === true
  if (escapes && !permitted.has(key)) {
    throw new RunOptionError(
      `has ${rawName} ${shown(given)}, which reaches beyond the container: whoever runs the board allows it by allowed_run_options: [--${key}]`,
    )
  }
  try {
    option.set(options, given)
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error
    throw new RunOptionError(`has ${rawName} ${shown(given)}: it ${error.message}`)
  }
}
