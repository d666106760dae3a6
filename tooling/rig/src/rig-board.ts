import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { linkIsUp, lostPackets, processesIn, setDrop, setLink, setLoss, setRate } from './network'
import { RigError } from './rig-error'
import type { RigNames } from './rig-names'
import { runWords, SYSTEM_PATH, tryWords, type WordsOptions, type WordsResult } from './run-words'
import { until } from './until'

const START_LIMIT_MS = 30_000
const POWER_OFF_LIMIT_MS = 10_000
const ENGINE_STOP_LIMIT_MS = 30_000

/** Where a rig keeps what its boards need. */
export interface RigPlace {
  names: RigNames
  /** Absolute. */
  folder: string
  /** The program that each board is, as a copy that its mounts do not hide. */
  program: string
  /** Private key of the rig's manager. */
  identityFile: string
  knownHostsFile: string
}

/**
 * One board: a network, a hostname, processes, files, an sshd and a Docker Engine of its own.
 * Nothing about it is remembered here: what it is at the moment is asked of the system, so any process may hold it.
 */
export class RigBoard {
  /** Network namespace, link and cgroup are called so. */
  readonly name: string
  readonly hostname: string
  readonly address: string
  /** Its files on this machine. Its logs there: console.log, sshd.log, dockerd.log. */
  readonly folder: string

  /** @throws RigError no board can have this number */
  constructor(
    private readonly place: RigPlace,
    readonly number: number,
  ) {
    this.name = place.names.board(number)
    this.hostname = `board${number}`
    this.address = place.names.address(number)
    this.folder = join(place.folder, this.hostname)
  }

  /** The public part of its host key, as it stands in known_hosts: `ssh-ed25519 AAAA…`. */
  get hostKey(): string {
    return readFileSync(join(this.folder, 'ssh/host_ed25519.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
  }

  async isOn(): Promise<boolean> {
    return (await this.init()) !== undefined
  }

  linkIsUp(): Promise<boolean> {
    return linkIsUp(this.name)
  }

  /** Power: the link is up, everything starts; resolves when sshd and Engine answer. @throws RigError with what they said */
  async on(): Promise<void> {
    await setLink(this.name, 'up')
    if (!(await this.isOn())) this.boot()
    await this.ready()
  }

  /** Power loss: the link goes first, so that nobody hears a goodbye, then everything at once. Disks keep what they hold. */
  async off(): Promise<void> {
    await setLink(this.name, 'down')
    const init = await this.init()
    if (init !== undefined) process.kill(init, 'SIGKILL')
    const gone = async () => (await processesIn(this.name)).length === 0 && !(await this.holdsDisk())
    await until(`the end of board ${this.number}`, gone, POWER_OFF_LIMIT_MS)
  }

  /** Wait until sshd lets the manager in and the Engine answers there. @throws RigError with what they said */
  async ready(limitMs = START_LIMIT_MS): Promise<void> {
    let last = ''
    const answers = async () => {
      const version = this.ssh(['docker', 'version', '--format', '{{.Server.Version}}'], { timeoutMs: 5_000 })
      // Over a link that loses packets it may not come to its end.
      const { code, stderr } = await version.catch(({ message }: Error) => ({ code: 1, stderr: message }))
      last = stderr.trim()
      return code === 0
    }
    await until(`board ${this.number}`, answers, limitMs, () => `${last}; its logs are in ${this.folder}`)
  }

  /** Pull the cable out. */
  async cut(): Promise<void> {
    await setLink(this.name, 'down')
  }

  async heal(): Promise<void> {
    await setLink(this.name, 'up')
  }

  /** From now on its packets disappear, those of its containers too, while its link looks sound. */
  drop(): Promise<void> {
    return setDrop(this.name, true)
  }

  undrop(): Promise<void> {
    return setDrop(this.name, false)
  }

  /** @param percent - of its packets, each way; 0: none */
  loss(percent: number): Promise<void> {
    return setLoss(this.name, percent)
  }

  /** How many of its packets {@link RigBoard.loss} has swallowed since it was set. */
  lostPackets(): Promise<{ in: number; out: number }> {
    return lostPackets(this.name)
  }

  /** @param megabits - a second, each way; undefined: no limit */
  rate(megabits: number | undefined): Promise<void> {
    return setRate(this.name, megabits)
  }

  /** The socket of its Engine, as this machine reaches it; until its power goes. @throws RigError the board is off */
  async engineSocket(): Promise<string> {
    return `/proc/${await this.initOrFail()}/root/run/docker.sock`
  }

  /** Ends the Engine and its containers, as `systemctl stop docker` would. */
  async stopEngine(): Promise<void> {
    await this.say(['engine-stop'], ENGINE_STOP_LIMIT_MS)
  }

  /** Resolves when it answers. Containers with a restart policy start again. */
  async startEngine(): Promise<void> {
    if ((await this.exec(['docker', 'version'])).code !== 0) await this.say(['engine-start', this.folder, this.name])
    const answers = async () => (await this.exec(['docker', 'version'])).code === 0
    await until(`the Engine of board ${this.number}`, answers, START_LIMIT_MS, () => `its log is in ${this.folder}/dockerd.log`)
  }

  /** From now on it takes questions and answers none; its containers run on. */
  async hangEngine(): Promise<void> {
    await this.say(['engine-hang'])
  }

  async resumeEngine(): Promise<void> {
    await this.say(['engine-resume'])
  }

  /** Connections end, and new ones are refused. */
  async stopSshd(): Promise<void> {
    await this.say(['sshd-stop'])
  }

  async startSshd(): Promise<void> {
    await this.say(['sshd-start', this.folder])
  }

  /** From now on connections are accepted, and nobody answers on them. */
  async hangSshd(): Promise<void> {
    await this.say(['sshd-hang'])
  }

  async resumeSshd(): Promise<void> {
    await this.say(['sshd-resume'])
  }

  /** Run a program on the board's console, as root: works without link and sshd. Whatever its exit code. @throws RigError the board is off */
  async exec(words: readonly [string, ...string[]], options?: WordsOptions): Promise<WordsResult> {
    const init = await this.initOrFail()
    const inside = ['--mount', '--uts', '--net', '--pid']
    return tryWords(['nsenter', '--target', String(init), ...inside, ...words], options)
  }

  /** Run a command line over SSH, as the manager's key. The board's shell reads the words, joined by spaces. */
  ssh(words: readonly string[], options?: WordsOptions & { user?: string }): Promise<WordsResult> {
    return tryWords(this.sshWords(words, options?.user), options)
  }

  /** What to start for a program of this machine whose network is the board's. */
  networkWords(words: readonly [string, ...string[]]): [string, ...string[]] {
    return ['nsenter', `--net=/run/netns/${this.name}`, ...words]
  }

  /** What to start for {@link RigBoard.ssh}. */
  sshWords(words: readonly string[], user = 'root'): [string, ...string[]] {
    const { identityFile, knownHostsFile } = this.place
    const options = [
      `UserKnownHostsFile=${knownHostsFile}`,
      'StrictHostKeyChecking=yes',
      'BatchMode=yes',
      'ConnectTimeout=3',
      'LogLevel=ERROR',
    ]
    return ['ssh', '-F', 'none', '-i', identityFile, ...options.flatMap((option) => ['-o', option]), `${user}@${this.address}`, ...words]
  }

  /** As after {@link RigBoard.on}, whatever was done to it: power, link, Engine and sshd; no containers, nothing in the folder `.aicluster`. */
  async restore(): Promise<void> {
    await setLink(this.name, 'up')
    await this.undrop()
    await this.loss(0)
    await this.rate(undefined)
    if (await this.isOn()) {
      await this.resumeSshd()
      await this.resumeEngine()
      if ((await this.exec(['test', '-d', `/proc/${await this.sshdPid()}`])).code !== 0) await this.startSshd()
      await this.startEngine()
    }
    await this.on()
    const containers = (await this.exec(['docker', 'ps', '--all', '--quiet'])).stdout.split('\n').filter(Boolean)
    if (containers.length > 0) await this.exec(['docker', 'rm', '--force', '--volumes', ...containers])
    // Whose its Engine is.
    await this.exec(['docker', 'volume', 'rm', '--force', 'aicluster-owner'])
    await this.exec(['rm', '-rf', '/root/.aicluster', '/home/board/.aicluster', '/home/board/.ssh'])
  }

  /** Pid 1 of the board as this machine numbers it: the only process of the namespace with a second, inner number, which is 1. */
  private async init(): Promise<number | undefined> {
    const pids = await processesIn(this.name)
    return pids.find((pid) => {
      try {
        const inner = /^NSpid:\s+\d+\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
        return inner?.[1] === '1'
      } catch {
        return false
      }
    })
  }

  private async initOrFail(): Promise<number> {
    const init = await this.init()
    if (init === undefined) throw new RigError(`board ${this.number} is off`)
    return init
  }

  private async sshdPid(): Promise<string> {
    return (await this.exec(['cat', '/run/sshd.pid'])).stdout.trim() || 'none'
  }

  private async say(words: string[], timeoutMs?: number): Promise<void> {
    const { code, stderr } = await this.exec(['bash', this.place.program, ...words], timeoutMs === undefined ? {} : { timeoutMs })
    if (code !== 0) throw new RigError(`board ${this.number}, ${words[0]}: ${stderr.trim()}`)
  }

  /** Whether the machine still has its disk mounted: after the power is gone, that takes a moment. */
  private async holdsDisk(): Promise<boolean> {
    const image = join(this.folder, 'disk.img')
    return existsSync(image) && (await runWords(['losetup', '--associated', image])).trim() !== ''
  }

  private boot(): void {
    const console = openSync(join(this.folder, 'console.log'), 'a', 0o600)
    const namespaces = ['--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private']
    const init = ['bash', this.place.program, 'init', this.folder, this.hostname, this.name]
    // Not `ip netns exec`: its own view of /sys has no cgroups.
    const words = [`--net=/run/netns/${this.name}`, 'unshare', ...namespaces, ...init]
    const env = { PATH: SYSTEM_PATH, HOME: '/root', LC_ALL: 'C.UTF-8' }
    // It lives on when we end.
    spawn('nsenter', words, { detached: true, cwd: '/', env, stdio: ['ignore', console, console] }).unref()
    closeSync(console)
  }
}
