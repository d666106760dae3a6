import { execFile } from 'node:child_process'
import { RigError } from './rig-error'

/** Debian's programs, not what else may come first on a developer's PATH: boards use the Docker client that belongs to their Engine. */
export const SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'

const MAX_OUTPUT_BYTES = 16 << 20

export interface WordsResult {
  /** Exit code; null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
}

export interface WordsOptions {
  /** After so many ms it is killed. Default 30,000. */
  timeoutMs?: number
  /** What it reads. */
  input?: string | Uint8Array
}

/** Run a program given as words, never as shell text, whatever its exit code. @throws RigError it could not be started, or took too long */
export function tryWords(words: readonly [string, ...string[]], { timeoutMs = 30_000, input }: WordsOptions = {}): Promise<WordsResult> {
  const [program, ...rest] = words
  const env = { PATH: SYSTEM_PATH, HOME: '/root', LC_ALL: 'C' }
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES } as const
    const child = execFile(program, rest, { env, cwd: '/', ...limits }, (error, stdout, stderr) => {
      if (error?.killed) return reject(new RigError(`"${words.join(' ')}" was ended after ${timeoutMs} ms`))
      if (error && typeof error.code === 'string') return reject(new RigError(`"${words.join(' ')}": ${error.message}`))
      resolve({ code: error ? ((error.code as number | undefined) ?? null) : 0, stdout, stderr })
    })
    // Who ends without reading all of it says by its exit code what it thinks of it.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** {@link tryWords}, and its stdout. @throws RigError also for any exit code but 0, with what it said */
export async function runWords(words: readonly [string, ...string[]], options?: WordsOptions): Promise<string> {
  const { code, stdout, stderr } = await tryWords(words, options)
  if (code === 0) return stdout
  throw new RigError(`"${words.join(' ')}" failed (exit code ${code}): ${(stderr || stdout).trim()}`)
}
