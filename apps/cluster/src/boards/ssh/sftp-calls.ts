import type { SFTPWrapper, Stats } from 'ssh2'
import type { SshConnection } from './ssh-connection'

/** Status codes of SFTP. */
export const SFTP_STATUS = { noSuchFile: 2, permissionDenied: 3, failure: 4 } as const

/** A file that is open on the machine. */
export type SftpHandle = Buffer

/** SFTP's calls as promises; named as the protocol names them. */
export type SftpCalls = ReturnType<typeof sftpCalls>

type Start<T> = (done: (error: Error | null | undefined, value?: T) => void) => void

const asPromise = <T>(connection: SshConnection, start: Start<T>): Promise<T> =>
  connection.orLost(() => new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as T)))))

export async function openSftp(connection: SshConnection): Promise<SFTPWrapper> {
  const sftp = await asPromise<SFTPWrapper>(connection, (done) => connection.client.sftp(done))
  connection.countTaken(sftp)
  // What is asked afterwards would never be answered; a new connection has a new one.
  const ended = 'its SFTP server has ended: it was killed there, or the machine shuts down'
  for (const event of ['end', 'close']) sftp.once(event, () => connection.drop(ended))
  sftp.on('error', (error: Error) => connection.drop(`its SFTP server sent what is no SFTP: ${error.message}`))
  return sftp
}

export function sftpCalls(connection: SshConnection, sftp: SFTPWrapper) {
  const call = <T>(start: Start<T>): Promise<T> => asPromise(connection, start)
  return {
    realpath: (path: string) => call<string>((done) => sftp.realpath(path, done)),
    lstat: (path: string) => call<Stats>((done) => sftp.lstat(path, done)),
    fstat: (handle: SftpHandle) => call<Stats>((done) => sftp.fstat(handle, done)),
    mkdir: (path: string, mode: number) => call<void>((done) => sftp.mkdir(path, { mode }, done)),
    chmod: (path: string, mode: number) => call<void>((done) => sftp.chmod(path, mode, done)),
    names: async (path: string) => (await call<{ filename: string }[]>((done) => sftp.readdir(path, done))).map((entry) => entry.filename),
    unlink: (path: string) => call<void>((done) => sftp.unlink(path, done)),
    rmdir: (path: string) => call<void>((done) => sftp.rmdir(path, done)),
    rename: (from: string, to: string) => call<void>((done) => sftp.rename(from, to, done)),
    /** POSIX: what is at `to` is replaced in one step. */
    replace: (from: string, to: string) => call<void>((done) => sftp.ext_openssh_rename(from, to, done)),
    open: (path: string, flags: 'r' | 'wx', mode: number) => call<SftpHandle>((done) => sftp.open(path, flags, { mode }, done)),
    read: (handle: SftpHandle, into: Buffer, length: number, at: number) =>
      call<number>((done) => sftp.read(handle, into, 0, length, at, done)),
    write: (handle: SftpHandle, bytes: Buffer, at: number) =>
      call<void>((done) => sftp.write(handle, bytes, 0, bytes.length, at, (error) => done(error))),
    fchmod: (handle: SftpHandle, mode: number) => call<void>((done) => sftp.fchmod(handle, mode, done)),
    fchown: (handle: SftpHandle, uid: number, gid: number) => call<void>((done) => sftp.fchown(handle, uid, gid, done)),
    close: (handle: SftpHandle) => call<void>((done) => sftp.close(handle, done)),
    freeBytes: async (path: string) => {
      const { f_bavail, f_frsize } = await call<{ f_bavail: number; f_frsize: number }>((done) => sftp.ext_openssh_statvfs(path, done))
      return Number(f_bavail) * Number(f_frsize)
    },
  }
}
