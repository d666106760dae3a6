import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { REQUEST_BLOCK_SIZE } from '@aicluster/protocol'
import { MAX_IPC_PATH_BYTES } from '@aicluster/transport'
import { readJsonFile, writeJsonFile, writeWholeFile } from './json-file'
import { takeLock } from './lock-file'
import { containerSockets, openSocketFolder } from './socket-folder'

/** Version of the folder's layout. A later one migrates it at start, an earlier one refuses it. */
const STATE_VERSION = 1
/** Blocks of request numbers taken from the persisted counter at a time. */
const BLOCKS_AT_A_TIME = 64
/** A token of fewer characters is none; ours have 43. */
const MIN_TOKEN_LENGTH = 32

interface Counters {
  epoch: number
  nextNumber: number
}

/** Everything the manager keeps: counters, inference config files, boards' folders, the lock that makes it the only one. */
export class StateFolder {
  private identity = ''
  private counters: Counters = { epoch: 0, nextNumber: REQUEST_BLOCK_SIZE }

  private constructor(readonly path: string) {}

  /**
   * Create the folder if need be, lock it, count the epoch up.
   * @throws Error naming the folder: another manager holds it, it cannot be written, or a newer version made it
   */
  static async open(path: string): Promise<StateFolder> {
    const state = new StateFolder(resolve(path))
    await makeFolder(state.path)
    await chmod(state.path, 0o700)
    await state.lock()
    await state.checkVersion()
    for (const folder of [state.inferencesFolder, state.filesFolder, state.boardsFolder])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    const stored = (await readJsonFile(state.countersPath)) as Counters | undefined
    if (stored) state.counters = stored
    state.counters.epoch++
    await writeJsonFile(state.countersPath, state.counters)
    state.identity = await state.readIdentity()
    return state
  }

  /** The places in a folder that another process may hold; made where it is missing. */
  static async look(path: string): Promise<StateFolder> {
    const state = new StateFolder(resolve(path))
    await makeFolder(state.path)
    return state
  }

  /** Use a folder that this process already holds. */
  static async attach(path: string): Promise<StateFolder> {
    const state = new StateFolder(resolve(path))
    state.counters = (await readJsonFile(state.countersPath)) as Counters
    state.identity = await state.readIdentity()
    return state
  }

  /** What tells this cluster from every other one, for good: boards belong to it by this. Made with the folder. */
  get clusterId(): string {
    return this.identity
  }

  /** This life of the manager, counted from 1. */
  get epoch(): number {
    return this.counters.epoch
  }

  get inferencesFolder(): string {
    return join(this.path, 'inferences')
  }

  /** Who got which block of request numbers. */
  get numberOwnersPath(): string {
    return join(this.path, 'number-owners')
  }

  /** Numbers of requests that were handed out. */
  get handOutsFolder(): string {
    return join(this.path, 'hand-outs')
  }

  /** Files that `put_file` has brought, in a folder per inference: they lie over those of `script_path`. */
  get filesFolder(): string {
    return join(this.path, 'files')
  }

  /** Files that applications have sent. */
  get givenFolder(): string {
    return join(this.path, 'given')
  }

  get boardsFolder(): string {
    return join(this.path, 'boards')
  }

  /** Tells clients on this machine where the manager is. */
  get managerPath(): string {
    return join(this.path, 'manager.json')
  }

  /** Ports that the system chose, kept so that adopted containers find the next manager. */
  get portsPath(): string {
    return join(this.path, 'ports.json')
  }

  /** Host keys of boards that were accepted by `boards add` and `boards trust`. */
  get knownHostsPath(): string {
    return join(this.path, 'known_hosts')
  }

  /** Where applications of other machines find it, for `aicluster keys` while no manager runs. */
  get addressPath(): string {
    return join(this.path, 'address.json')
  }

  /** The port that the system chose for health and metrics. */
  get adminPortPath(): string {
    return join(this.path, 'admin-port.json')
  }

  /**
   * The folder for Unix sockets: below the state folder, or, where that path is too long for a socket,
   * a private one in the system's folder for temporary files whose name follows from it. See {@link openSocketFolder}.
   */
  async socketFolder(): Promise<string> {
    const inside = join(this.path, 'run')
    const hash = createHash('sha256').update(this.path).digest('hex').slice(0, 16)
    const folder =
      Buffer.byteLength(join(containerSockets(inside), 'management')) <= MAX_IPC_PATH_BYTES
        ? inside
        : join(tmpdir(), `aicluster-${userInfo().uid}-${hash}`)
    await openSocketFolder(folder)
    return folder
  }

  /**
   * What applications on TCP prove themselves with: made once, readable by this user alone. One that is too short to prove anything (an
   * empty file, of a full disk) is made anew.
   * @param onReplaced - told why
   */
  async hostToken(onReplaced: (reason: string) => void): Promise<string> {
    const path = join(this.path, 'token')
    const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    const token = stored?.trim()
    if (token !== undefined && token.length >= MIN_TOKEN_LENGTH) return token
    if (token !== undefined) onReplaced(`${path} has ${token.length} characters, too few to prove anything: it was made anew`)
    const made = randomBytes(32).toString('base64url')
    await writeWholeFile(path, `${made}\n`)
    return made
  }

  /** A run of request numbers that nobody had before and nobody gets again. */
  async takeNumbers(): Promise<{ first: number; count: number }> {
    const first = this.counters.nextNumber
    const count = BLOCKS_AT_A_TIME * REQUEST_BLOCK_SIZE
    this.counters.nextNumber += count
    await writeJsonFile(this.countersPath, this.counters)
    return { first, count }
  }

  async unlock(): Promise<void> {
    await rm(this.managerPath, { force: true })
    await rm(this.lockPath, { force: true })
  }

  private async readIdentity(): Promise<string> {
    const path = join(this.path, 'cluster-id.json')
    const stored = (await readJsonFile(path)) as { cluster_id?: string } | undefined
    if (stored?.cluster_id) return stored.cluster_id
    const cluster_id = randomBytes(8).toString('hex')
    await writeJsonFile(path, { cluster_id })
    return cluster_id
  }

  private get countersPath(): string {
    return join(this.path, 'counters.json')
  }

  private get lockPath(): string {
    return join(this.path, 'lock')
  }

  private async lock(): Promise<void> {
    const holder = await takeLock(this.lockPath)
    if (!holder) return
    throw new Error(
      `the state folder ${this.path} is in use by the manager with pid ${holder.pid}: stop that one (aicluster down), or use another folder (--state)`,
    )
  }

  private async checkVersion(): Promise<void> {
    const path = join(this.path, 'version.json')
    const stored = (await readJsonFile(path)) as { version?: number } | undefined
    if (stored?.version !== undefined && stored.version > STATE_VERSION) {
      throw new Error(
        `the state folder ${this.path} has layout version ${stored.version}, this manager knows up to ${STATE_VERSION}: update aicluster`,
      )
    }
    if (stored?.version !== STATE_VERSION) await writeJsonFile(path, { version: STATE_VERSION })
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : message
    throw new Error(`the state folder ${path} cannot be used: ${why}; use another one (--state)`, { cause })
  }
}
