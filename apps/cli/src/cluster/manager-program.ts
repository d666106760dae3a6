import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ManagerError } from '../cli-errors'

/** The manager's program: a file of another package, started by its path and never imported. */
export function managerProgram(): string {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve('@aicluster/cluster/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> }
  return join(dirname(manifest), bin['aicluster-manager'] as string)
}

/** Its arguments. */
export const managerArguments = (config: string | undefined, listen: string | undefined, stateFolder: string): string[] => [
  ...(config === undefined ? [] : ['--config', config]),
  ...(listen === undefined ? [] : ['--listen', listen]),
  '--state',
  stateFolder,
]

const OWN_ERROR = 'aicluster-manager: '

/** Whether the manager says with this line why it ends; what follows belongs to it. */
export const isOwnError = (line: string): boolean => line.startsWith(OWN_ERROR)

/**
 * The error of a manager that did not start, or ended by itself.
 * @param lines - what it wrote from the line on that says why; none: it said nothing
 */
export function managerFailure(ending: string, lines: readonly string[]): ManagerError {
  const text = lines.join('\n').trim().slice(OWN_ERROR.length)
  if (text === '') return new ManagerError(`the manager ended (${ending}); what it logged says why`)
  const own = /^(\w+) \[(\d+)\]: /.exec(text)
  if (!own) return new ManagerError(text, { ending })
  return new ManagerError(text.slice(own[0].length), { ending }, { name: own[1] as string, code: Number(own[2]) })
}

/** How a process ended, in words. */
export const endingOf = (code: number | null, signal: string | null): string => (signal ? `by ${signal}` : `exit code ${code}`)
