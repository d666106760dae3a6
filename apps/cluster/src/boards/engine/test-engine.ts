import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ContainerConfig } from '@aicluster/protocol'
import { pino } from 'pino'
import type { BoardContainer, ContainerSpec } from '../board'
import { LocalMachine } from '../local/local-machine'
import { eventually } from '../local/test-board'
import type { Machine } from '../machine'
import { EngineBoard, type EngineBoardOptions } from './engine-board'
import { writeTestImage } from './test-image'

/** Why no Engine can be started here; undefined: it can. */
export const noEngine: string | undefined =
  process.getuid?.() !== 0
    ? 'not root'
    : !existsSync('/bin/busybox')
      ? 'no /bin/busybox (Debian package busybox-static)'
      : spawnSync('dockerd', ['--version']).status === 0
        ? undefined
        : 'no dockerd (Debian package docker.io)'

export const INSTANCE = '0123456789abcdef0123456789abcdef'

/** A Docker Engine of a test's own: its socket, images and containers are in a folder; its containers have no network. */
export class TestEngine {
  readonly root = mkdtempSync(join(tmpdir(), 'aicluster-engine-'))
  readonly machine: Machine
  readonly socket = join(this.root, 'docker.sock')
  #daemon: ChildProcess | undefined

  constructor() {
    const machine = new LocalMachine({ board: 'board1', engineSocket: this.socket })
    this.machine = { ...pick(machine), run: machine.run.bind(machine), home: this.root }
  }

  /** @param diskMb - its images and containers must fit into so much */
  async start(diskMb?: number): Promise<void> {
    if (diskMb !== undefined) {
      await mkdir(join(this.root, 'data'))
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', join(this.root, 'data')])
    }
    const place = (name: string) => join(this.root, name)
    const log = openSync(place('dockerd.log'), 'a')
    const flags = [
      '--bridge=none',
      '--iptables=false',
      '--ip6tables=false',
      '--ip-forward=false',
      '--ip-masq=false',
      '--storage-driver=vfs',
    ]
    const places = [
      '--data-root',
      place('data'),
      '--exec-root',
      place('exec'),
      '--pidfile',
      place('pid'),
      '--host',
      `unix://${this.socket}`,
    ]
    this.#daemon = spawn('dockerd', [...flags, ...places], { stdio: ['ignore', log, log] })
    await eventually(`an Engine, see ${place('dockerd.log')}`, () => this.machine.engine.ping().catch(() => false))
  }

  /** As a crash of the daemon: containers end with it, as it has no live restore. */
  async stop(): Promise<void> {
    const daemon = this.#daemon
    if (!daemon || daemon.exitCode !== null) return
    const ended = new Promise((resolve) => daemon.once('exit', resolve))
    daemon.kill('SIGTERM')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const containers = await this.machine.engine.listContainers({ all: true }).catch(() => [])
    for (const { Id } of containers) await this.machine.engine.getContainer(Id).remove({ force: true })
    await this.stop()
    // What the daemon has mounted for itself.
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    for (const [, at] of mounts.map((line) => line.split(' ')).reverse()) if (at?.startsWith(this.root)) spawnSync('umount', ['-l', at])
    rmSync(this.root, { recursive: true, force: true })
  }
}

const pick = ({ files, engine, uid }: LocalMachine) => ({ files, engine, uid })

/** A board over a test's Engine, and the files that a config names. */
export class TestEngineBoard {
  readonly image: string
  readonly board: EngineBoard

  private constructor(
    readonly engine: TestEngine,
    readonly folder: string,
    options: Partial<EngineBoardOptions>,
  ) {
    this.image = join(folder, 'image.tar')
    this.board = this.open(options)
  }

  static async on(engine: TestEngine, options: Partial<EngineBoardOptions> = {}): Promise<TestEngineBoard> {
    const test = new TestEngineBoard(engine, mkdtempSync(join(engine.root, 'files ')), options)
    await writeTestImage(test.image)
    return test
  }

  /** Another board object, as a later manager has it. */
  open(options: Partial<EngineBoardOptions> = {}): EngineBoard {
    return new EngineBoard({
      name: 'board1',
      clusterId: 'cluster1',
      folder: 'aicluster/containers',
      machine: async () => this.engine.machine,
      allowedRunOptions: [],
      logger: pino({ level: 'silent' }),
      ...options,
    })
  }

  /** Of the container's files on the board. */
  path(...parts: string[]): string {
    return join(this.engine.root, 'aicluster/containers/digits-board1', ...parts)
  }

  read(...parts: string[]): string {
    return readFileSync(this.path(...parts), 'utf8')
  }

  /** Files below the test's folder, by relative path. Returns the folder's path. */
  async files(folder: string, files: Record<string, string>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      const target = join(this.folder, folder, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content)
    }
    return join(this.folder, folder)
  }

  spec(config: Partial<ContainerConfig> = {}, rest: Partial<ContainerSpec> = {}): ContainerSpec {
    return {
      instance: INSTANCE,
      suffixName: 'digits-board1',
      config: { name: 'digits', image_filename: this.image, run_option: '--network none', ...config },
      environment: { AICLUSTER_INSTANCE: INSTANCE },
      token: 'a secret token',
      ...rest,
    }
  }

  create(config: Partial<ContainerConfig> = {}, rest: Partial<ContainerSpec> = {}): Promise<BoardContainer> {
    return this.board.create(this.spec(config, rest))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.board.sweep(() => false)
    this.board.close()
    const { engine } = this.engine.machine
    for (const { Id } of await engine.listContainers({ all: true })) await engine.getContainer(Id).remove({ force: true })
    for (const { Id } of await engine.listImages()) await engine.getImage(Id).remove({ force: true })
    rmSync(join(this.engine.root, 'aicluster'), { recursive: true, force: true })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** All lines that it has printed, once there are so many. */
export function linesOf(container: BoardContainer, count = 1): Promise<string[]> {
  return eventually(`${count} lines`, async () => {
    const { lines } = await container.readLog({ lines: 1000 })
    return lines.length >= count ? lines : undefined
  })
}
