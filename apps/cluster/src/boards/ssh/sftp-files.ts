import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path/posix'
import { AIClusterError } from '@aicluster/protocol'
import { within } from '../../within'
import type { BoardWork } from '../board'
import { boardError } from '../board-error'
import { bringTree, type Upload } from '../bring/bring-tree'
import type { MachineFiles } from '../machine'
import { runOver } from './run-over-ssh'
import { openSftp, SFTP_STATUS, type SftpCalls, type SftpHandle, sftpCalls } from './sftp-calls'
import type { SshConnection } from './ssh-connection'
import { pieceSlots, uploadFile } from './upload-file'

/** Bytes of one read; servers give no more at once. */
const READ_BYTES = 32 * 1024
/** Where a write fails, and less than this is free, it failed for that: more than one write brings. */
const FULL_BYTES = 1024 * 1024
/** A server that needs longer to begin hangs. */
const OPEN_MS = 10_000
/** Deleting a large tree takes its time. */
const REMOVE_MS = 120_000

/** Files of a machine, over SFTP on its SSH connection. */
export class SftpFiles implements MachineFiles {
  /** Absolute: where our user is at home. */
  readonly home: string
  readonly #connection: SshConnection
  readonly #calls: SftpCalls
  readonly #pieces = pieceSlots()

  private constructor(connection: SshConnection, calls: SftpCalls, home: string) {
    this.#connection = connection
    this.#calls = calls
    this.home = home
  }

  /**
   * @param limitMs - how long its SFTP server may take to begin
   * @throws SshConnectionError (500) where there is no SFTP, or none that answers
   */
  static async open(connection: SshConnection, limitMs = OPEN_MS): Promise<SftpFiles> {
    const begin = async (): Promise<SftpFiles> => {
      const calls = sftpCalls(connection, await openSftp(connection))
      return new SftpFiles(connection, calls, await calls.realpath('.'))
    }
    const hangs = new Error(`its SFTP server did not answer within ${limitMs} ms: it hangs. Look at "Subsystem sftp" in sshd_config there`)
    try {
      return await within(begin(), { ms: limitMs, late: () => hangs })
    } catch (error) {
      const none = new Error('its SSH server has no SFTP: sshd_config needs "Subsystem sftp internal-sftp"', { cause: error })
      const cause = error === hangs ? hangs : none
      throw connection.lost ?? boardError(connection.target.board, 'open SFTP', cause)
    }
  }

  makeFolder(path: string, mode = 0o755): Promise<void> {
    return this.#doing('make folder', path, () => this.#makeFolder(path, mode))
  }

  read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    return this.#doing('read', path, async () => {
      const handle = await this.#calls.open(path, 'r', 0).catch(unlessMissing)
      if (!handle) return undefined
      return this.#closing(handle, () => this.#readAll(handle, maxBytes))
    })
  }

  write(path: string, content: Uint8Array, options: { mode?: number; uid?: number; gid?: number } = {}): Promise<void> {
    return this.#doing('write', path, async () => {
      const beside = `${dirname(path)}/.write-${randomBytes(8).toString('hex')}`
      try {
        // Nobody else can read it before owner and mode are right.
        const handle = await this.#calls.open(beside, 'wx', 0o600)
        await this.#closing(handle, () => this.#fill(handle, content, options))
        await this.#calls.replace(beside, path)
      } catch (error) {
        await this.#calls.unlink(beside).catch(() => {})
        throw error
      }
    })
  }

  bring(from: string, to: string, work: BoardWork = {}): Promise<void> {
    const place = {
      makeFolder: (path: string) => this.#makeFolder(path, 0o755),
      newFolder: async (path: string) => {
        await this.#calls.mkdir(path, 0o755)
        // The mode at its making was cut by the umask there.
        await this.#calls.chmod(path, 0o755)
      },
      newFile: (upload: Upload) =>
        uploadFile(this.#calls, this.#pieces, upload).catch(async (error) => {
          // Asked now: what has come is deleted next, and there is room again.
          throw await this.#plain(error, upload.to)
        }),
      remove: (path: string) => this.remove(path),
      kind: (path: string) => this.#kind(path),
      replace: (source: string, target: string) => this.#calls.replace(source, target),
    }
    return this.#doing('bring', to, () => bringTree(place, from, to, work), work.signal)
  }

  list(path: string): Promise<string[]> {
    return this.#doing('list', path, async () => {
      const names = await this.#calls.names(path).catch(unlessMissing)
      return (names ?? []).filter((name) => name !== '.' && name !== '..').sort()
    })
  }

  kind(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
    return this.#doing('look at', path, () => this.#kind(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#doing('rename', from, () => this.#calls.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#doing('delete', path, async () => {
      const { code, stderr } = await runOver(this.#connection, ['rm', '-rf', '--', path], { timeoutMs: REMOVE_MS })
      if (code !== 0) throw new Error(stderr.trim() || `rm ended with code ${code}`)
    })
  }

  async #kind(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
    const stats = await this.#calls.lstat(path).catch(unlessMissing)
    return stats && (stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other')
  }

  async #makeFolder(path: string, mode: number): Promise<void> {
    if ((await this.#calls.lstat(path).catch(unlessMissing))?.isDirectory()) return
    if (dirname(path) !== path) await this.#makeFolder(dirname(path), mode & 0o077 ? mode : 0o755)
    await this.#calls.mkdir(path, mode).catch(async (error) => {
      // Somebody else was faster; a link to a folder will do as well.
      if (!(await this.#calls.names(path).catch(() => undefined))) throw error
    })
    await this.#calls.chmod(path, mode)
  }

  async #readAll(handle: SftpHandle, maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    let at = 0
    for (;;) {
      const piece = Buffer.allocUnsafe(READ_BYTES)
      const read = await this.#calls.read(handle, piece, READ_BYTES, at)
      if (read === 0) return Buffer.concat(pieces)
      at += read
      if (at > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`)
      pieces.push(piece.subarray(0, read))
    }
  }

  async #fill(handle: SftpHandle, content: Uint8Array, { mode = 0o600, uid, gid }: { mode?: number; uid?: number; gid?: number }) {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    if (bytes.length > 0) await this.#calls.write(handle, bytes, 0)
    if (uid !== undefined || gid !== undefined) {
      const now = await this.#calls.fstat(handle)
      await this.#calls.fchown(handle, uid ?? now.uid, gid ?? now.gid)
    }
    await this.#calls.fchmod(handle, mode)
  }

  async #closing<T>(handle: SftpHandle, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      await this.#calls.close(handle).catch(() => {})
    }
  }

  async #doing<T>(what: string, path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      if (path.includes('\0')) throw new Error('the path holds a NUL character')
      return await work()
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (error instanceof AIClusterError) throw error
      const { lost, target } = this.#connection
      throw lost ?? boardError(target.board, `${what} ${JSON.stringify(path)}`, await this.#plain(error, path))
    }
  }

  /** SFTP has a number for few reasons: a full disk is "Failure". */
  async #plain(error: unknown, path: string): Promise<unknown> {
    const { code } = error as { code?: unknown }
    if (code === SFTP_STATUS.permissionDenied)
      return new Error(`user "${this.#connection.target.user}" may not do that there`, { cause: error })
    if (code === SFTP_STATUS.noSuchFile) return new Error('there is no such file or folder', { cause: error })
    if (code !== SFTP_STATUS.failure) return error
    const free = await this.#calls.freeBytes(dirname(path)).catch(() => undefined)
    return free === undefined || free >= FULL_BYTES ? error : new Error(`the disk is full (${free} bytes free)`, { cause: error })
  }
}

const unlessMissing = (error: { code?: unknown }): undefined => {
  if (error.code !== SFTP_STATUS.noSuchFile) throw error
}
