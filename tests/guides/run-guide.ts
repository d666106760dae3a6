import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@aicluster/testing'
import { processesOf } from '../worlds/world-processes'
import { withoutOurNpm } from './our-npm'
import { readGuide, type Step } from './read-guide'
import { isShownAs } from './transcript'

const execute = promisify(execFile)
const GUIDES = fileURLToPath(new URL('../../docs/guides/', import.meta.url))
const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const TYPES = fileURLToPath(new URL('../node_modules/@types', import.meta.url))
const COMMAND_LIMIT_MS = 40_000

/** Every page in docs/guides. */
export const guides = readdirSync(GUIDES).filter((name) => name.endsWith('.md'))

/**
 * Does what a guide tells its reader, in a folder that has the packages in `node_modules`: compiles its files, saves them, types its
 * commands and compares what they print. Whatever that leaves running is ended.
 *
 * @throws Error with what a compiler or a command has said
 */
export async function runGuide(name: string, folder: string): Promise<void> {
  const steps = readGuide(readFileSync(join(GUIDES, name), 'utf8'))
  await compile(steps, folder)
  try {
    for (const step of steps) {
      if (step.kind === 'file') writeFileSync(join(folder, step.name), step.text)
      else for (const { line, expected } of step.commands) await type(line, expected, folder)
    }
  } finally {
    await endEverything(folder)
  }
}

/** Type checks every program, plain JavaScript too, against the packages in the folder. */
async function compile(steps: readonly Step[], folder: string): Promise<void> {
  const programs = steps.flatMap((step) => (step.kind === 'file' && /\.[mc]?[jt]s$/.test(step.name) ? [step] : []))
  if (programs.length === 0) return
  for (const { name, text } of programs) writeFileSync(join(folder, name), text)
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

/** Progress and warnings go to stderr, so they are no part of what a guide shows. */
async function type(line: string, expected: readonly string[], folder: string): Promise<void> {
  const env = { ...withoutOurNpm(process.env), AICLUSTER_STATE: stateOf(folder), NPM_CONFIG_LOGLEVEL: 'error', NO_COLOR: '1' }
  const run = execute('bash', ['-c', line], { cwd: folder, env, timeout: COMMAND_LIMIT_MS })
  const { stdout, failure } = await run.then(
    ({ stdout }) => ({ stdout, failure: '' }),
    (error: { stdout?: string; message: string }) => ({ stdout: error.stdout ?? '', failure: error.message }),
  )
  if (failure || !isShownAs(expected, stdout)) {
    throw new Error(`$ ${line}\nprinted\n${stdout}\nwhere the guide shows\n${expected.join('\n')}\n${failure}${managerLog(folder)}`)
  }
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
