import { spawn } from 'node:child_process'
import { boardError } from '../board-error'
import type { ProgramResult, RunOptions } from '../machine'
import { type LimitedRun, runLimits, watchRun } from '../run-output'

/**
 * Run a program on this machine; no shell.
 *
 * @throws SshConnectionError (500): it did not end in time, or printed too much
 */
export async function runHere(board: string, words: readonly [string, ...string[]], options: RunOptions = {}): Promise<ProgramResult> {
  options.signal?.throwIfAborted()
  try {
    return await ended(words, { ...options, ...runLimits(options) })
  } catch (error) {
    options.signal?.throwIfAborted()
    throw boardError(board, `run ${words[0]}`, error)
  }
}

function ended([file, ...args]: readonly [string, ...string[]], options: LimitedRun): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'pipe' })
    const giveUp = (why: unknown): void => {
      reject(why)
      child.kill('SIGKILL')
    }
    const { output, stopWaiting } = watchRun(options, giveUp)
    child.stdout.on('data', output.stdout)
    child.stderr.on('data', output.stderr)
    child.on('error', (error: NodeJS.ErrnoException) => {
      stopWaiting()
      // As a shell says it, so that "is there such a program?" is asked alike on every machine.
      if (error.code === 'ENOENT') resolve({ code: 127, signal: null, stdout: Buffer.alloc(0), stderr: `${file}: not found` })
      else reject(error)
    })
    child.on('close', (code, signal) => {
      stopWaiting()
      resolve({ code, signal, ...output.result() })
    })
    // A program that does not read to the end is no failure.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input)
  })
}
