import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@aicluster/testing'
import { Terminal } from '../cli/terminal'
import { processesOf } from '../worlds/world-processes'
import { withoutOurNpm } from './our-npm'
import { type Command, readGuide, type Step } from './read-guide'
import { isShownAs } from './transcript'

const execute = promisify(execFile)
const GUIDES = fileURLToPath(new URL('../../docs/guides/', import.meta.url))
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const TYPES = fileURLToPath(new URL('../node_modules/@types', import.meta.url))
const COMMAND_LIMIT_MS = 40_000
/** Followed by `../rig`. */
const NEEDS_BOARDS = 'boards.md'

/** Every page in docs/guides that this machine alone is enough for. */
export const guides = readdirSync(GUIDES).filter((name) => name.endsWith('.md') && name !== NEEDS_BOARDS)

/** What is otherwise here than with the reader. */
export interface Surroundings {
  /** Texts of the page, such as addresses, and what stands for them here; the first that fits counts. */
  replaced?: readonly (readonly [string, string])[]
  env?: NodeJS.ProcessEnv
  /** What happens in the reader's world before this command is typed. */
  before?: (line: string) => Promise<void>
}

/**
 * Does what a guide tells its reader, in a folder that has the packages in `node_modules`: compiles its files, saves them, types its
 * commands and compares what they print. Whatever that leaves running is ended.
 *
 * @throws Error with what a compiler or a command has said
 */
export async function runGuide(name: string, folder: string, { replaced = [], env = {}, before }: Surroundings = {}): Promise<void> {
  const page = readFileSync(join(GUIDES, name), 'utf8')
  const steps = readGuide(replaced.reduce((text, [shown, here]) => text.replaceAll(shown, here), page))
  await compile(steps, folder)
  try {
    for (const step of steps) {
      if (step.kind === 'file') {
        save(step, folder)
        continue
      }
      for (const command of step.commands) {
        await before?.(command.line)
        await type(command, folder, env)
      }
    }
  } finally {
    await endEverything(folder)
  }
}

function save({ name, text }: { name: string; text: string }, folder: string): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Type checks every program, plain JavaScript too, against the packages in the folder. */
async function compile(steps: readonly Step[], folder: string): Promise<void> {
  const programs = steps.flatMap((step) => (step.kind === 'file' && /\.[mc]?[jt]s$/.test(step.name) ? [step] : []))
  if (programs.length === 0) return
  for (const program of programs) save(program, folder)
  const config = {
    compilerOptions: {
      allowJs: true,
      checkJs: true,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'NodeNext',
      types: ['node'],
      typeRoots: [TYPES],
    },
    files: programs.map(({ name }) => name),
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  try {
    await execute(process.execPath, [TSC, '--pretty', 'false', '-p', folder], { cwd: folder })
  } catch (error) {
    throw new Error(`its programs do not compile:\n${(error as { stdout: string }).stdout}`)
  }
}

interface Typed {
  printed: string
  /** Empty: it ended well. */
  failure: string
}

async function type(command: Command, folder: string, more: NodeJS.ProcessEnv): Promise<void> {
  const { line, expected, answers } = command
  const own = { AICLUSTER_STATE: stateOf(folder), NPM_CONFIG_LOGLEVEL: 'error', NO_COLOR: '1' }
  const place = { cwd: folder, env: { ...withoutOurNpm(process.env), ...own, ...more } }
  const { printed, failure } = answers === undefined ? await run(line, place) : await runOnTerminal(line, answers, place)
  if (failure || !isShownAs(expected, printed)) {
    throw new Error(`$ ${line}\nprinted\n${printed}\nwhere the guide shows\n${expected.join('\n')}\n${failure}${managerLog(folder)}`)
  }
}

interface Place {
  cwd: string
  env: NodeJS.ProcessEnv
}

/** Progress and warnings go to stderr, so they are no part of what a guide shows. */
function run(line: string, place: Place): Promise<Typed> {
  return execute('bash', ['-c', line], { ...place, timeout: COMMAND_LIMIT_MS }).then(
    ({ stdout }) => ({ printed: stdout, failure: '' }),
    (error: { stdout?: string; message: string }) => ({ printed: error.stdout ?? '', failure: error.message }),
  )
}

async function runOnTerminal(line: string, answers: readonly string[], place: Place): Promise<Typed> {
  const terminal = new Terminal(['bash', '-c', line], place)
  for (const answer of answers) {
    await terminal.shows(/\[y\/N\]\s*$/)
    terminal.type(`${answer}\r`)
  }
  const { exitCode } = await terminal.end()
  return { printed: terminal.screen.text, failure: exitCode === 0 ? '' : `its exit code is ${exitCode}` }
}

const stateOf = (folder: string): string => join(folder, 's')

function managerLog(folder: string): string {
  const path = join(stateOf(folder), 'manager.log')
  return existsSync(path) ? `\nthe manager's log ends with\n${readFileSync(path, 'utf8').split('\n').slice(-6).join('\n')}` : ''
}

/** A guide ends what it has started; one that failed half-way has not. */
async function endEverything(folder: string): Promise<void> {
  for (const pid of processesOf(folder)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Ended by itself meanwhile.
    }
  }
  await eventually('every process of the guide has ended', () => processesOf(folder).length === 0)
}
