import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { lastWords } from './last-words'
import { removeAll } from './run-folder'

const require = createRequire(import.meta.url)

const READY_WITHIN_MS = 30_000
/** Longer than the manager's own limits for a drain (30 s) and for stopping containers (5 s). */
const STOP_WITHIN_MS = 45_000
/** A Connector without a manager ends its process after this time. */
const ORPHAN_TIMEOUT_S = 20
const HURRIED_STOP_WITHIN_MS = 10_000

/** The cluster manager is not there (any more): how it ended, and its last words. */
class ManagerError extends Error {}

/**
 * The cluster manager as a process of our own, with its default configuration (two boards on this machine) or another.
 * It stops its containers and ends when our process does, however that ends.
 */
export class ManagerProcess {
  /** Called when it ends without having been told to. */
  onUnexpectedEnd: (error: ManagerError) => void = () => {}
  private readonly child: ChildProcess
  private readonly log: string
  private readonly ended: Promise<void>
  private isStopping = false
  private socketFolder: string | undefined
  private killTimer: NodeJS.Timeout | undefined

  /**
   * @param stateFolder - where it keeps everything, and leaves word where it can be reached
   * @param configFile - its configuration
   */
  constructor(
    readonly stateFolder: string,
    configFile?: string,
  ) {
    this.log = join(stateFolder, 'manager.log')
    const program = require.resolve('@aicluster/cluster/main')
    const log = openSync(this.log, 'a', 0o600)
    const config = configFile === undefined ? [] : ['--config', configFile]
    this.child = spawn(process.execPath, [program, ...config, '--state', stateFolder, '--ready-json', '--exit-with-parent'], {
      // The IPC channel tells it of our end. In a process group of its own, Ctrl-C reaches us alone, and we stop it in order.
      stdio: ['ignore', 'pipe', log, 'ipc'],
      detached: true,
    })
    closeSync(log)
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        if (!this.isStopping) this.onUnexpectedEnd(this.error(how))
        resolve()
      }
      this.child.once('error', (error) => end(`could not be started: ${error.message}`))
      this.child.once('exit', (code, signal) => end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`))
    })
  }

  /**
   * Wait until it takes connections. (When it ends instead, `onUnexpectedEnd` is called.)
   * @throws ManagerError: it takes too long
   */
  whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(this.error(`was not ready within ${READY_WITHIN_MS / 1000} s`)), READY_WITHIN_MS)
      createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const { event, address } = JSON.parse(line) as { event: string; address: string }
        if (event !== 'ready') return
        clearTimeout(late)
        if (address.startsWith('ipc://')) this.socketFolder = address.slice('ipc://'.length)
        resolve()
      })
    })
  }

  /** Wait for its end, but not longer than `ms`. */
  async endsWithin(ms: number): Promise<void> {
    await Promise.race([this.ended, pause(ms)])
  }

  /** Let it stop its containers and end. Resolves when it has. */
  async stop(): Promise<void> {
    this.isStopping = true
    this.killAfter(STOP_WITHIN_MS)
    if (this.child.connected) this.child.disconnect()
    await this.ended
    clearTimeout(this.killTimer)
    // Where the state folder's path is too long for sockets they are elsewhere, and stay there when it is killed.
    if (this.socketFolder !== undefined) removeAll(this.socketFolder)
  }

  /** Tell it, once it stops, not to wait for what its containers have in hand. */
  hurry(): void {
    this.killAfter(HURRIED_STOP_WITHIN_MS)
    this.child.kill('SIGINT')
  }

  private error(how: string): ManagerError {
    const containers = `Containers that it left end by themselves within ${ORPHAN_TIMEOUT_S} s.`
    return new ManagerError(`the cluster manager ${how}. ${containers} ${lastWords(readFileSync(this.log, 'utf8'))}`)
  }

  private killAfter(ms: number): void {
    clearTimeout(this.killTimer)
    this.killTimer = setTimeout(() => this.child.kill('SIGKILL'), ms)
  }
}
