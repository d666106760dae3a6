import type Docker from 'dockerode'
import type { BoardWork } from './board'

/** What came of a program that was run on a machine. */
export interface ProgramResult {
  /** Exit code, or null if a signal ended it. */
  code: number | null
  signal: string | null
  stdout: Buffer
  stderr: string
}

export interface RunOptions {
  input?: Uint8Array | undefined
  /** Default 10 s. */
  timeoutMs?: number | undefined
  /** More of either stream ends the program; default 1 MB. */
  maxOutputBytes?: number | undefined
  signal?: AbortSignal | undefined
}

/** Files of a machine. Paths are absolute on that machine. */
export interface MachineFiles {
  /** Made with its parents, if it is not there. */
  makeFolder(path: string, mode?: number): Promise<void>
  /** Undefined when there is no such file. @throws when it is larger than `maxBytes` */
  read(path: string, maxBytes: number): Promise<Buffer | undefined>
  /** Written beside, then renamed: a reader sees all of it or what was there before. Default mode 0600. */
  write(path: string, content: Uint8Array, options?: { mode?: number; uid?: number; gid?: number }): Promise<void>
  /** Bring a file, or a folder with all it holds, from the manager's machine. Folders 0755, files 0644 or 0755, links as what they lead to. */
  bring(from: string, to: string, work?: BoardWork): Promise<void>
  /** Names in a folder; none when it is not there. */
  list(path: string): Promise<string[]>
  kind(path: string): Promise<'file' | 'folder' | 'other' | undefined>
  rename(from: string, to: string): Promise<void>
  /** With all it holds; nothing happens when it is not there. */
  remove(path: string): Promise<void>
}

/**
 * The machine behind a board: its files, its programs, its Docker Engine; this one, or one over SSH.
 *
 * Whatever fails because the machine cannot be reached throws SshConnectionError (500) with board and cause, at most 4 s after a cut.
 */
export interface Machine {
  /** Absolute: the home folder of the user that we are there. */
  readonly home: string
  /** Its uid there. */
  readonly uid: number
  readonly files: MachineFiles
  readonly engine: Docker
  /** Run a program: words, never shell text. Resolves whatever its exit code. */
  run(words: readonly [string, ...string[]], options?: RunOptions): Promise<ProgramResult>
}
