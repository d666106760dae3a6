import type Docker from 'dockerode'
import { boardError } from '../board-error'
import type { Machine, MachineFiles, ProgramResult, RunOptions } from '../machine'
import { engineOver } from './engine-over-ssh'
import { runOver } from './run-over-ssh'
import { SftpFiles } from './sftp-files'
import type { SshConnection } from './ssh-connection'
import { SshFailure } from './ssh-failure'

/** What every POSIX shell hands over as it is. */
const NASTY = `'"\\n$(id)\`*! \n~`

/** A machine over one SSH connection; good for as long as that stands. */
export class SshMachine implements Machine {
  readonly home: string
  readonly uid: number
  readonly files: MachineFiles
  readonly engine: Docker
  /** Our own address on the connection. */
  readonly localAddress: string
  readonly #connection: SshConnection

  private constructor(connection: SshConnection, files: MachineFiles, engine: Docker, { home, uid }: { home: string; uid: number }) {
    this.#connection = connection
    this.localAddress = connection.localAddress
    this.files = files
    this.engine = engine
    this.home = home
    this.uid = uid
  }

  /**
   * Find out who we are there, and whether its shell can be trusted with our words.
   *
   * @throws SshConnectionError (500): no SFTP there, or a login shell that changes words or prints on its own
   */
  static async on(connection: SshConnection, engineSocket: string): Promise<SshMachine> {
    await checkShell(connection)
    const [files, uid] = await Promise.all([SftpFiles.open(connection), uidOf(connection)])
    return new SshMachine(connection, files, engineOver(connection, engineSocket), { home: files.home, uid })
  }

  run(words: readonly [string, ...string[]], options?: RunOptions): Promise<ProgramResult> {
    return runOver(this.#connection, words, options)
  }
}

/** @throws SshConnectionError (500) when the login shell does not hand over words as they are */
async function checkShell(connection: SshConnection): Promise<void> {
  const { code, stdout } = await runOver(connection, ['printf', '%s', NASTY], { maxOutputBytes: 64 * 1024 })
  if (code === 0 && stdout.toString('utf8') === NASTY) return
  const { board, user } = connection.target
  const words = `the login shell of user "${user}" changes the words of a command, or prints on its own: it must be a POSIX shell (chsh -s /bin/sh) whose start-up files print nothing`
  throw boardError(board, 'log in', new SshFailure('shell', words), { reason: 'shell' })
}

async function uidOf(connection: SshConnection): Promise<number> {
  const { stdout } = await runOver(connection, ['id', '-u'])
  const uid = Number.parseInt(stdout.toString('utf8'), 10)
  if (Number.isInteger(uid)) return uid
  throw boardError(connection.target.board, 'log in', new SshFailure('shell', 'the command "id -u" does not say who we are there'))
}
