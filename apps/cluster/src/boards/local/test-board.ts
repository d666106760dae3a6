import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ContainerConfig } from '@aicluster/protocol'
import { pino } from 'pino'
import type { BoardContainer, ContainerExit, ContainerSpec } from '../board'
import { LocalBoard, type LocalBoardOptions } from './local-board'
import { isAlive, type ProcessIdentity } from './process-identity'
import { readProcessRecord } from './process-record'

/** Polls until `probe` gives something truthy; fails after 10 s, naming what did not come. */
export async function eventually<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
  const until = performance.now() + 10_000
  for (;;) {
    const value = await probe()
    if (value) return value
    if (performance.now() > until) throw new Error(`did not come within 10 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A program that does nothing until it is told to end. */
export const IDLE = [process.execPath, '-e', 'setInterval(() => {}, 1000)']
/** The same, but SIGTERM does not end it; it prints `ready` once that holds. */
export const STUBBORN = [process.execPath, '-e', "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)"]

/** A folder with a local board in it; disposing ends every process that its containers ever recorded. */
export class TestBoard {
  readonly root = mkdtempSync(join(tmpdir(), 'local board '))
  readonly folder = join(this.root, 'boards', 'board1')
  readonly board = this.openBoard()
  readonly #containers: BoardContainer[] = []
  readonly #seen: ProcessIdentity[] = []

  openBoard(options: Partial<LocalBoardOptions> = {}): LocalBoard {
    const limits = { adoptedPollMs: 20, ...options.limits }
    return new LocalBoard({ name: 'board1', folder: this.folder, logger: pino({ level: 'silent' }), ...options, limits })
  }

  /** Files below the test's folder, by relative path. Returns the folder's path. */
  async files(folder: string, files: Record<string, string>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.root, folder, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content)
    }
    return join(this.root, folder)
  }

  spec(config: Partial<ContainerConfig>, rest: Partial<ContainerSpec> = {}): ContainerSpec {
    return {
      instance: '0123456789abcdef0123456789abcdef',
      suffixName: 'digits-board1',
      config: { name: 'digits', implementation_type: 'other', run_command: IDLE, ...config },
      environment: { AICLUSTER_INSTANCE: '0123456789abcdef0123456789abcdef' },
      token: 'a secret token',
      ...rest,
    }
  }

  async create(config: Partial<ContainerConfig>, board: LocalBoard = this.board): Promise<BoardContainer> {
    const container = await board.create(this.spec(config))
    this.track(container)
    return container
  }

  track(container: BoardContainer): void {
    this.#containers.push(container)
    this.identity()
  }

  /** The process that the container's folder records now. */
  identity(suffixName = 'digits-board1'): ProcessIdentity {
    const record = readProcessRecord(join(this.folder, suffixName))
    if (!record) throw new Error(`no process.json of ${suffixName}`)
    this.#seen.push(record)
    return { pid: record.pid, startTime: record.startTime }
  }

  path(...parts: string[]): string {
    return join(this.folder, 'digits-board1', ...parts)
  }

  read(...parts: string[]): Promise<string> {
    return readFile(this.path(...parts), 'utf8')
  }

  /** What it printed so far, once it printed something. */
  stdout(): Promise<string> {
    return eventually('a whole line in stdout.log', async () => {
      const text = await this.read('log', 'stdout.log').catch(() => '')
      return text.endsWith('\n') ? text : ''
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers) await container.remove(0)
    for (const identity of this.#seen) if (isAlive(identity)) process.kill(-identity.pid, 'SIGKILL')
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Every exit of a container, as its control plane hears of them. */
export function exitsOf(container: BoardContainer): ContainerExit[] {
  const exits: ContainerExit[] = []
  container.onExit = (exit) => exits.push(exit)
  return exits
}
