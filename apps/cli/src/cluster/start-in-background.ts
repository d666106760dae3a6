import { spawn } from 'node:child_process'
import { chmodSync, closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ManagerError } from '../cli-errors'
import { endingOf, isOwnError, managerFailure, managerProgram } from './manager-program'
import { type ManagerWord, managerWord } from './manager-word'
import { poll } from './poll'

/** How long a manager may take until it is ready, in ms. */
const READY_LIMIT_MS = 60_000
/** A log that is longer than this when a manager starts is put aside as `manager.log.1`, in bytes. */
const LOG_LIMIT_BYTES = 5 * 1024 * 1024

export interface BackgroundManager {
  manager: ManagerWord
  /** Where its log goes, one JSON object a line. */
  log: string
}

/**
 * Start the manager so that it outlives this process; wait until it is ready.
 * @throws ManagerError it ended, or was not ready in time
 */
export async function startInBackground(args: readonly string[], stateFolder: string): Promise<BackgroundManager> {
  const log = join(stateFolder, 'manager.log')
  const { file, from } = openLog(stateFolder, log)
  const child = spawn(process.execPath, [managerProgram(), ...args], { stdio: ['ignore', file, file], detached: true })
  closeSync(file)
  let ending: string | undefined
  child.once('exit', (code, signal) => {
    ending = endingOf(code, signal)
  })
  child.once('error', (error) => {
    ending = error.message
  })
  const manager = await poll(READY_LIMIT_MS, async () => {
    if (ending !== undefined) throw failure(ending, log, from)
    const word = await managerWord(stateFolder)
    return word?.pid === child.pid ? word : undefined
  })
  if (!manager) {
    child.kill('SIGTERM')
    throw new ManagerError(`the manager was not ready within ${READY_LIMIT_MS / 1000} s and was told to end; its log is ${log}`, { log })
  }
  child.unref()
  return { manager, log }
}

/** @returns the open file, and how long it was before */
function openLog(stateFolder: string, log: string): { file: number; from: number } {
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : message
    throw new ManagerError(`the state folder ${stateFolder} cannot be used: ${why}; use another one (--state)`)
  }
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) renameSync(log, `${log}.1`)
  const file = openSync(log, 'a', 0o600)
  chmodSync(log, 0o600)
  return { file, from: fstatSync(file).size }
}

function failure(ending: string, log: string, from: number): ManagerError {
  const lines = readFileSync(log).subarray(from).toString('utf8').split('\n')
  const start = lines.findIndex(isOwnError)
  const error = managerFailure(ending, start < 0 ? [] : lines.slice(start))
  return start < 0 ? new ManagerError(`${error.message}: ${log}`, { log }) : error
}
