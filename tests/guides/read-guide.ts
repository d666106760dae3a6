/** One thing that a page tells its reader to do: save a file, or type commands and see what they print. */
export type Step = { kind: 'file'; name: string; text: string } | { kind: 'commands'; commands: Command[] }

/** A line that the reader types, and what then stands on the screen. `…` stands for whatever comes there. */
export interface Command {
  line: string
  expected: string[]
  /** On a terminal, for the command asks: what is typed behind each `[y/N]` of {@link expected}. */
  answers?: string[]
}

interface Block {
  language: string
  marks: string
  lines: string[]
  /** Of the fence that opens it, counted from 1. */
  at: number
}

/** Languages that hold programs: in a guide each such block is a file, so that it is compiled. */
const PROGRAM = /^(js|mjs|cjs|javascript|ts|mts|typescript)$/

/**
 * The steps of a page, in order.
 *
 * A block ```` ```js title="host.mjs" ```` is a file. A block ```` ```console run ```` is typed: lines that begin with `$ ` are commands,
 * the lines behind one are what it prints. ```` ```console ask ```` is typed on a terminal, with the answers that it shows. Every other
 * block is for the eye.
 *
 * @throws Error naming the line: a mark that nobody knows, a program without a title, a name that comes twice or leaves the folder
 */
export function readGuide(markdown: string): Step[] {
  const names = new Set<string>()
  return blocksOf(markdown).flatMap((block): Step[] => {
    const fail = (what: string): never => {
      throw new Error(`line ${block.at}: ${what}`)
    }
    const title = /^title="([^"]+)"$/.exec(block.marks)?.[1]
    if (title !== undefined) {
      if (names.has(title)) fail(`${title} comes twice`)
      if (!/^([\w-][\w.-]*\/)?[\w-][\w.-]*$/.test(title)) fail(`${title} is no plain file name`)
      names.add(title)
      return [{ kind: 'file', name: title, text: `${block.lines.join('\n')}\n` }]
    }
    if (block.language === 'console' && block.marks === 'run') return [{ kind: 'commands', commands: commandsOf(block, fail) }]
    if (block.language === 'console' && block.marks === 'ask') return [{ kind: 'commands', commands: commandsOf(block, fail).map(asking) }]
    if (block.marks !== '') fail(`nobody knows the mark ${block.marks}`)
    if (PROGRAM.test(block.language)) fail(`a ${block.language} block without title="FILE"`)
    if (block.language === 'console') fail('a console block without run or ask; one that is not run is sh')
    return []
  })
}

/**
 * The file of this name in a page whose other blocks may be anything, such as a README.
 * @throws Error when it is not there exactly once: a page that lost its program must not pass
 */
export function fileIn(markdown: string, name: string): string {
  const blocks = blocksOf(markdown).filter(({ marks }) => marks === `title="${name}"`)
  if (blocks.length !== 1)
    throw new Error(`a block with title="${name}" must stand in the text once, it stands there ${blocks.length} times`)
  return `${(blocks[0] as Block).lines.join('\n')}\n`
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```\s*(\w*)\s*(.*?)\s*$/.exec(line)
    if (open !== undefined) {
      if (line === '```') open = undefined
      else open.lines.push(line)
    } else if (fence !== null) {
      open = { language: fence[1] ?? '', marks: fence[2] ?? '', lines: [], at: index + 1 }
      blocks.push(open)
    }
  }
  if (open !== undefined) throw new Error(`line ${open.at}: a block that is never closed`)
  return blocks
}

const asking = (command: Command): Command => ({
  ...command,
  answers: command.expected.flatMap((line) => /\[y\/N\] (\w+)$/.exec(line)?.[1] ?? []),
})

function commandsOf(block: Block, fail: (what: string) => never): Command[] {
  const commands: Command[] = []
  for (const line of block.lines) {
    if (line.startsWith('$ ')) commands.push({ line: line.slice(2), expected: [] })
    else commands.at(-1)?.expected.push(line) ?? fail('a console block begins with a line that begins with "$ "')
  }
  return commands.length > 0 ? commands : fail('a console block without a command')
}
