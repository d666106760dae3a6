import { homedir } from 'node:os'
import Docker from 'dockerode'
import { guardReplies } from '../engine/guard-replies'
import type { Machine, MachineFiles, ProgramResult, RunOptions } from '../machine'
import { LocalFiles } from './local-files'
import { runHere } from './run-here'

export interface LocalMachineOptions {
  /** Name of the board, for messages. */
  board: string
  /** Path of the Docker Engine's socket. */
  engineSocket: string
}

/** This machine, as a board's machine. */
export class LocalMachine implements Machine {
  readonly home = homedir()
  readonly uid = process.getuid?.() ?? 0
  readonly files: MachineFiles
  readonly engine: Docker
  readonly #board: string

  constructor({ board, engineSocket }: LocalMachineOptions) {
    this.#board = board
    this.files = new LocalFiles(board)
    this.engine = guardReplies(new Docker({ socketPath: engineSocket }))
  }

  run(words: readonly [string, ...string[]], options?: RunOptions): Promise<ProgramResult> {
    return runHere(this.#board, words, options)
  }
}
