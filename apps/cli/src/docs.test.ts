import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { makeProgram } from './cli'

const PAGE = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')

const program = makeProgram('0', { stdout: { write: () => true }, stderr: { write: () => true }, env: {} }, () => async () => {})

/** Every command that people type, with the words by which they do: `queue ls`. */
const commands = new Map(leaves(program).map(({ words, command }) => [words.join(' '), command]))

function leaves(parent: Command, words: string[] = []): { words: string[]; command: Command }[] {
  const visible = parent.commands.filter((command) => !command.name().startsWith('__'))
  return visible.flatMap((command) => {
    const own = [...words, command.name()]
    return command.commands.length > 0 ? leaves(command, own) : [{ words: own, command }]
  })
}

/** `INFERENCE`, `[FILES...]`, as the page writes arguments. */
const argumentsOf = (command: Command): string[] =>
  command.registeredArguments.map((argument) => {
    const name = `${argument.name().toUpperCase()}${argument.variadic ? '...' : ''}`
    return argument.required ? name : `[${name}]`
  })

/** `--board BOARD`, `--all`. */
const optionsOf = (command: Command): string[] =>
  command.options.map(({ long, flags }) => {
    const value = /[<[](\w+(?:\.\.\.)?)/.exec(flags)?.[1]
    return `${long}${value ? ` ${value.toUpperCase()}` : ''}`
  })

const flagsOf = (command: Command): string[] =>
  [command, program].flatMap(({ options }) => options.flatMap(({ long, short }) => [long, short])).filter((flag) => flag !== undefined)

/** Rows of the table of commands: what is typed, and an example. */
const rows = [...PAGE.matchAll(/^\| `([a-z].*?)` (?:(`.*?`) )?\| [^|]* \| `(.*?)` \|$/gm)].map(
  ([, usage = '', options = '', example = '']) => {
    const words = usage.split(' ')
    const name = words.filter((word) => /^[a-z]/.test(word)).join(' ')
    return {
      name,
      arguments: words.filter((word) => !/^[a-z]/.test(word)),
      options: [...options.matchAll(/`(.*?)`/g)].map(([, option]) => option),
      example,
    }
  },
)

/** Command lines of ours in a text, each without what comes behind it in a pipe. */
const linesOf = (text: string): string[] =>
  [...text.matchAll(/(?:\$ |\| |\(|&& |echo ')aicluster [^\n]*/g)].map(
    ([line]) =>
      line
        .slice(line.indexOf('aicluster'))
        .split(/ [|>#] ?| {3,}|\)|&&/)[0]
        ?.trim() ?? '',
  )

/** The command that a line runs; `boards` alone is `boards ls`. */
const commandOf = (line: string): Command | undefined => {
  const [, first = '', second = ''] = line.split(' ')
  return commands.get(`${first} ${second}`) ?? commands.get(first) ?? (first === 'boards' ? commands.get('boards ls') : undefined)
}

/** Its options; quoted text, and what is behind --, is of others. */
const usedFlags = (line: string): string[] =>
  [
    ...line
      .replace(/ -- .*/, '')
      .replace(/"[^"]*"|'[^']*'/g, '')
      .matchAll(/ (--?[a-z][\w-]*)/g),
  ].map(([, flag = '']) => flag)

const unknownFlags = (line: string): string[] => {
  const command = commandOf(line)
  return command ? usedFlags(line).filter((flag) => !flagsOf(command).includes(flag)) : [`no such command: ${line}`]
}

describe('docs/cli.md', () => {
  it('has a row for each command, and for no other', () => {
    expect(rows.map(({ name }) => name)).toEqual([...commands.keys()])
  })

  it.each(rows)('tells the arguments and options of $name as --help does', ({ name, arguments: given, options, example }) => {
    const command = commands.get(name) as Command
    expect({ arguments: given, options }).toEqual({ arguments: argumentsOf(command), options: optionsOf(command) })
    expect(example).toContain(`aicluster ${name}`)
    expect(unknownFlags(example.replace(/.*\(|\).*/g, ''))).toEqual([])
  })

  it('tells the options of every command', () => {
    for (const { long } of program.options.filter(({ long }) => long !== '--version')) expect(PAGE).toContain(`| \`${long}`)
  })

  it('has no command line that would be refused', () => {
    const lines = linesOf(PAGE)
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.flatMap(unknownFlags)).toEqual([])
  })
})

describe('docs/guides/boards.md', () => {
  it('has no command line that would be refused', () => {
    const guide = readFileSync(new URL('../../../docs/guides/boards.md', import.meta.url), 'utf8')
    const lines = [...guide.matchAll(/npx (aicluster [^\n|]*)/g)].map(([, line]) => line as string)
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.flatMap(unknownFlags)).toEqual([])
  })
})

describe.each([...commands])('help for %s', (name, command) => {
  it('has examples that would not be refused', async () => {
    let text = ''
    command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
    const lines = linesOf(text)
    expect(lines.some((line) => line.startsWith(`aicluster ${name}`))).toBe(true)
    expect(lines.flatMap(unknownFlags)).toEqual([])
  })
})
