import type { ContainerConfig } from '@aicluster/protocol'

/** What a container's process tells of itself; `null` where this board cannot know it. */
export interface ContainerRuntime {
  /** `crash-loop`: it exited so often in a row that starts are now a minute apart. */
  state: 'running' | 'restarting' | 'crash-loop' | 'exited'
  /** ISO 8601: when the process that runs now (or ran last) was started. */
  createdAt: string
  pid: number | null
  /** Times it was started again after an exit. */
  restarts: number
  cpuPercent: number | null
  memoryBytes: number | null
  memoryPercent: number | null
  /** Bytes read from and written to disk. */
  readBytes: number | null
  writtenBytes: number | null
}

/** Everything a board needs to know to run one container. */
export interface ContainerSpec {
  /** 128 random bits in hex: this container, through every restart of its program and of the manager. */
  instance: string
  /** Unique in the cluster, a file name: `digits-board1`. */
  suffixName: string
  config: ContainerConfig
  /** What a Connector reads from its environment; holds no secret. */
  environment: Readonly<Record<string, string>>
  /** What the container proves itself with. Handed over in a file, never in argv or environment. Not looked at by `adopt`: the file is there. */
  token: string
}

export interface ContainerExit {
  /** Exit code, or null if a signal ended it. */
  code: number | null
  signal: string | null
  /** Whether it will be started again by itself. */
  restarting: boolean
}

/** A container that a board runs. */
export interface BoardContainer {
  readonly spec: ContainerSpec
  /** Called each time its program ends without having been asked to. */
  onExit: ((exit: ContainerExit) => void) | undefined
  runtime(): Promise<ContainerRuntime>
  /** The last lines that the program wrote to stderr (stdout where stderr is empty): printable, capped. */
  lastOutput(): Promise<string>
  /** Ask the program to end, wait `graceMs`, then end it. It is not started again. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>
  /** End the program at once, as if it had crashed: {@link BoardContainer.onExit} and the restart policy follow. */
  kill(): void
  /** Run the program of a stopped container again. */
  start(): Promise<void>
  /** Stop, and delete its files on the board. */
  remove(graceMs: number): Promise<void>
  /** Forget it without stopping it: a later manager adopts it. */
  detach(): void
}

/** A place where containers run. */
export interface Board {
  readonly name: string
  readonly ip: string
  readonly driver: 'local' | 'ssh'
  /**
   * Whether this board can run such a container, before anything is changed.
   * @throws InvalidArgumentError (302) naming board, field and value; (301) a file that cannot be read; (201) a missing key
   */
  check(config: ContainerConfig): Promise<void>
  /**
   * Put the files in place and start the program.
   * @throws ContainerStartError (311) when the program is missing, not executable or ends at once; nothing stays behind
   */
  create(spec: ContainerSpec): Promise<BoardContainer>
  /** Take over what an earlier manager started; undefined when it no longer runs (its files are then still there for `create`). */
  adopt(spec: ContainerSpec): Promise<BoardContainer | undefined>
  /** End and delete what an earlier manager left here and nobody knows any more: everything but these instances. */
  sweep(known: ReadonlySet<string>): Promise<void>
}
