import type Docker from 'dockerode'
import { boardError } from '../board-error'
import type { Machine, MachineFiles, ProgramResult, RunOptions } from '../machine'
import { RunTimeout } from '../run-output'
import { type EngineOverSsh, engineOver } from './engine-over-ssh'
import { runOver } from './run-over-ssh'
import { SftpFiles } from './sftp-files'
import type { SshConnection } from './ssh-connection'
import { SshFailure } from './ssh-failure'

/** What every POSIX shell hands over as it is. */
const NASTY = `'"\\n$(id)\`*! \n~`

/** A login shell that needs longer for one small command waits for something. */
const SHELL_MS = 10_000

/** A machine over one SSH connection; good for as long as that stands. */
export class SshMachine implements Machine {
  readonly home: string
  readonly uid: number
  readonly files: MachineFiles
  readonly engine: Docker
  /** Our own address on the connection. */
  readonly localAddress: string
  readonly #connection: SshConnection
  readonly #engine: EngineOverSsh

  private constructor(connection: SshConnection, files: MachineFiles, engine: EngineOverSsh, { home, uid }: { home: string; uid: number }) {
    this.#connection = connection
    this.#engine = engine
    this.localAddress = connection.localAddress
    this.files = files
    this.engine = engine.docker
    this.home = home
    this.uid = uid
  }

  /**
   * Find out who we are there, and whether its shell can be trusted with our words.
   *
   * @param shellMs - how long its login shell may take for one small command
   * @throws SshConnectionError (500): no SFTP there, or a login shell that changes words, prints on its own or does not come to an end
   */
  static async on(connection: SshConnection, engineSocket: string, shellMs = SHELL_MS): Promise<SshMachine> {
    await checkShell(connection, shellMs)
    const [files, uid] = await Promise.all([SftpFiles.open(connection), uidOf(connection)])
    return new SshMachine(connection, files, engineOver(connection, engineSocket), { home: files.home, uid })
  }

  /** See `SshConnection.takenBytes`. */
  get takenBytes(): number {
    return this.#connection.takenBytes
  }

  /** Its Engine hangs: whoever waits for an answer of it gets this error. */
  giveUpEngine(why: Error): void {
    this.#engine.giveUp(why)
  }

  run(words: readonly [string, ...string[]], options?: RunOptions): Promise<ProgramResult> {
    return runOver(this.#connection, words, options)
  }
}

/** @throws SshConnectionError (500) when the login shell does not hand over words as they are, in time */
async function checkShell(connection: SshConnection, shellMs: number): Promise<void> {
  const { board, user, address, port } = connection.target
  const refuse = (what: string, cause?: unknown) =>
    boardError(board, 'log in', new SshFailure('shell', `the login shell of user "${user}" ${what}`, { cause }), { reason: 'shell' })
  const limits = { maxOutputBytes: 64 * 1024, timeoutMs: shellMs }
  const { code, stdout } = await runOver(connection, ['printf', '%s', NASTY], limits).catch((error) => {
    if (!(error.cause instanceof RunTimeout)) throw error
    const cure = `time "ssh -p ${port} ${user}@${address} true" and look at what its start-up files (~/.bashrc and the like) wait for`
    throw refuse(`did not run a small command within ${shellMs} ms: ${cure}`, error)
  })
  if (code === 0 && stdout.toString('utf8') === NASTY) return
  throw refuse(
    'changes the words of a command, or prints on its own: it must be a POSIX shell (chsh -s /bin/sh) whose start-up files print nothing',
  )
}

async function uidOf(connection: SshConnection): Promise<number> {
  const { stdout } = await runOver(connection, ['id', '-u'])
  const uid = Number.parseInt(stdout.toString('utf8'), 10)
  if (Number.isInteger(uid)) return uid
  throw boardError(connection.target.board, 'log in', new SshFailure('shell', 'the command "id -u" does not say who we are there'))
}
