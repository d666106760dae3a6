import type { ClientChannel } from 'ssh2'
import { boardError } from '../board-error'
import type { ProgramResult, RunOptions } from '../machine'
import { type LimitedRun, runLimits, watchRun } from '../run-output'
import { quoteWord } from './quote-word'
import type { SshConnection } from './ssh-connection'

/**
 * Run a program on a machine: each word reaches it as it is.
 *
 * @throws SshConnectionError (500): the connection was lost, the program did not end in time, or printed too much
 */
export async function runOver(
  connection: SshConnection,
  words: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<ProgramResult> {
  const { board } = connection.target
  const doing = `run ${words[0]}`
  options.signal?.throwIfAborted()
  try {
    const command = words.map(quoteWord).join(' ')
    const run = () => start(connection, command, { ...options, ...runLimits(options) })
    return await connection.orLost(() => connection.sessions.run(run, options.signal))
  } catch (error) {
    options.signal?.throwIfAborted()
    throw connection.lost ?? boardError(board, doing, error)
  }
}

const start = (connection: SshConnection, command: string, options: LimitedRun): Promise<ProgramResult> =>
  new Promise((resolve, reject) => {
    connection.client.exec(command, (error, channel) => {
      // In this very turn: the end of a short program may have come along with its start.
      if (error) reject(error)
      else resolve(ended(channel, options))
    })
  })

function ended(channel: ClientChannel, options: LimitedRun): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    let given = false
    const giveUp = (why: unknown): void => {
      if (given) return
      given = true
      stopWaiting()
      reject(why)
      // Servers before OpenSSH 8.1 know no signals: the program then ends by itself, or with its next output.
      channel.signal('KILL')
      channel.close()
    }
    const { output, stopWaiting } = watchRun(options, giveUp)
    channel.on('data', output.stdout)
    channel.stderr.on('data', output.stderr)
    let exit: { code: number | null; signal: string | null } | undefined
    channel.on('exit', (code: number | null, signal?: string) => {
      exit = { code, signal: signal ?? null }
    })
    channel.on('error', giveUp)
    channel.on('close', () => {
      stopWaiting()
      // Neither code nor signal: it was the connection that ended.
      if (exit) resolve({ ...exit, ...output.result() })
      else reject(new Error('the connection was lost'))
    })
    channel.end(options.input)
    // It was no longer wanted while the channel was opened.
    if (options.signal?.aborted) giveUp(options.signal.reason)
  })
}
