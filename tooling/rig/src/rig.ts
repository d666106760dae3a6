import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hostKey, makeBoardFiles } from './board-files'
import { makeBoardNetwork, makeBridge, namespaces, processesIn, removeBoardNetwork, removeBridge } from './network'
import { rigObstacle } from './obstacle'
import { findRemains, removeGroups } from './remains'
import { RigBoard, type RigPlace } from './rig-board'
import { RigError } from './rig-error'
import { MAX_BOARDS, RigNames } from './rig-names'
import { runWords } from './run-words'
import { until } from './until'

const BOARD_PROGRAM = fileURLToPath(new URL('../board.sh', import.meta.url))
const STATE = '/var/lib/aicluster-rig'
/** Boards mount their own files over these, so nothing of the rig may lie there. */
const HIDDEN = ['/run', '/var/run', '/root', '/home', '/etc/ssh', '/var/lib/docker', '/proc', '/sys']
const DOWN_LIMIT_MS = 10_000

export interface RigOptions {
  /** The first three octets of its network: boards are .11, .12, …, this machine is .1. Default 10.77.0. */
  subnet?: string | undefined
  /** Absolute: where its state is; `down` deletes it. Default: a folder named after the subnet in /var/lib/aicluster-rig. */
  folder?: string | undefined
}

export interface UpOptions {
  /** Disk size of all boards, or of some by number, in MB. Counts when a board is made. Default: no limit. */
  diskMb?: number | Record<number, number> | undefined
  /** Told what goes on. */
  say?: ((line: string) => void) | undefined
}

/**
 * Boards on this machine, on a network of their own. Needs root and Linux; {@link rigObstacle} tells what is missing.
 * All state is in its folder and in the system: any process may hold the same rig.
 */
export class Rig {
  readonly names: RigNames
  readonly folder: string

  /** Nothing is started. @throws RigError a subnet or folder that cannot be */
  constructor({ subnet, folder }: RigOptions = {}) {
    this.names = new RigNames(subnet)
    this.folder = folder ?? join(STATE, this.names.subnet)
    const hidden = HIDDEN.find((path) => this.folder === path || this.folder.startsWith(`${path}/`))
    if (!this.folder.startsWith('/')) throw new RigError(`the rig's folder is "${this.folder}", it must be absolute`)
    if (hidden) throw new RigError(`the rig's folder is ${this.folder}, but boards have a ${hidden} of their own: choose another --folder`)
  }

  /** Private key with which the manager logs in to every board, as `root` or as `board`, who is in the docker group. */
  get identityFile(): string {
    return join(this.folder, 'id')
  }

  /** Host keys of all boards. */
  get knownHostsFile(): string {
    return join(this.folder, 'known_hosts')
  }

  /** This machine, as boards and their containers see it. */
  get managerAddress(): string {
    return this.names.managerAddress
  }

  /** The boards that were made, by number. */
  boards(): RigBoard[] {
    return this.numbers.map((number) => new RigBoard(this.place, number))
  }

  /** @throws RigError there is no such board */
  board(number: number): RigBoard {
    if (this.numbers.includes(number)) return new RigBoard(this.place, number)
    const others = this.numbers.length === 0 ? 'no board is up' : `there are ${this.numbers.join(', ')}`
    throw new RigError(`there is no board ${number} on ${this.names.subnet}: ${others}`)
  }

  /**
   * Boards 1 to `count` run, and the machine can reach them; those that were there stay as they are.
   * @throws RigError what is missing on this machine and the cure, or what a board said when it did not start
   */
  async up(count: number, { diskMb, say = () => {} }: UpOptions = {}): Promise<RigBoard[]> {
    if (!Number.isInteger(count) || count < 1 || count > MAX_BOARDS) throw new RigError(`up ${count}: a rig has 1 to ${MAX_BOARDS} boards`)
    const obstacle = await rigObstacle()
    if (obstacle !== undefined) throw new RigError(obstacle)
    // First, for it refuses a network that is somebody else's.
    await makeBridge(this.names)
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    await copyFile(BOARD_PROGRAM, this.place.program)
    if (!existsSync(this.identityFile)) {
      await runWords(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'aicluster-rig', '-f', this.identityFile])
    }
    const wanted = Array.from({ length: count }, (_, index) => new RigBoard(this.place, index + 1))
    const authorizedKey = await readFile(`${this.identityFile}.pub`, 'utf8')
    for (const { number, folder, hostname } of wanted) {
      const size = typeof diskMb === 'object' ? diskMb[number] : diskMb
      await makeBoardFiles(folder, { hostname, authorizedKey, diskMb: size })
      await makeBoardNetwork(this.names, number)
    }
    await this.writeKnownHosts()
    await Promise.all(
      wanted.map(async (board) => {
        await board.on()
        say(`board ${board.number} is up at ${board.address}`)
      }),
    )
    return wanted
  }

  /** Nothing of the rig is left, its folder included; nothing happens if there is none. @throws RigError naming what could not be removed */
  async down(): Promise<void> {
    const names = (await namespaces()).filter((name) => this.names.isBoard(name))
    for (const name of names) await this.killAll(name)
    for (const name of names) await removeBoardNetwork(name)
    await removeBridge(this.names)
    await removeGroups(this.names)
    await until('the disks of the boards', async () => !(await this.remains()).some((what) => what.startsWith('loop')), DOWN_LIMIT_MS)
    await rm(this.folder, { recursive: true, force: true })
    const remains = await this.remains()
    if (remains.length > 0) throw new RigError(`left over from ${this.names.subnet}: ${remains.join(', ')}`)
  }

  /** Everything on this machine that belongs to this rig, in words; none when it is down. */
  remains(): Promise<string[]> {
    return findRemains(this.names, this.folder)
  }

  private get place(): RigPlace {
    const { names, folder, identityFile, knownHostsFile } = this
    return { names, folder, identityFile, knownHostsFile, program: join(folder, 'board.sh') }
  }

  private get numbers(): number[] {
    return Array.from({ length: MAX_BOARDS }, (_, index) => index + 1).filter((number) =>
      existsSync(join(this.folder, `board${number}/made`)),
    )
  }

  private async writeKnownHosts(): Promise<void> {
    const lines = await Promise.all(this.boards().map(async ({ address, folder }) => `${address} ${await hostKey(folder)}\n`))
    await writeFile(this.knownHostsFile, lines.join(''))
  }

  /** By its namespace, not by a recorded number, which may be another process's by now. */
  private async killAll(name: string): Promise<void> {
    const allGone = async () => {
      const pids = await processesIn(name)
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {}
      }
      return pids.length === 0
    }
    await until(`the end of ${name}`, allGone, DOWN_LIMIT_MS)
  }
}
