import type { BoardTelemetryView, ContainerConfig, ContainerLogView, ImageView } from '@aicluster/protocol'

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
  /** Bytes over its network interfaces, since it was started; left out where the board does not count them. */
  netReceivedBytes?: number | null
  netSentBytes?: number | null
  /** As `docker ps` writes them; left out where a container has no ports of its own. */
  ports?: string | null
  /** Engine's id of the image that it was made from: `sha256:…`; left out where there is no image. */
  imageId?: string | null
}

/** What became of an image that was to be deleted. */
export interface ImageDeletion {
  id: string
  tags: string[]
  deleted: boolean
  /** Why it is still there: `in use by container "digits-b2"`; undefined when it is not. */
  kept?: string | undefined
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
  /**
   * Content of the file that the Connector reads its CURVE keys from (JSON); undefined without CURVE. Handed over like the token, and like
   * it not looked at by `adopt`.
   */
  curve?: string | undefined
  /** Absolute: a folder whose files lie over those of the config's `script_path` and `copy`; undefined when there is none. */
  filesFolder?: string | undefined
}

/** What goes along with work on a board that may take long. */
export interface BoardWork {
  /** Give it up as soon as possible, with the signal's reason. */
  signal?: AbortSignal | undefined
  /** So many bytes of so many are where they belong. */
  onBytes?: ((done: number, total: number) => void) | undefined
  /** Another part of the work begins; bytes are those of the part. */
  onPhase?: ((phase: 'copy' | 'upload' | 'load' | 'create') => void) | undefined
}

/** Files that lie beside a container's own, ready to take their places. */
export interface StagedFiles {
  /** Put them in place, one by one, each in one step. */
  commit(): Promise<void>
  /** What {@link StagedFiles.commit} has done is undone. */
  revert(): Promise<void>
  /** Nothing of them, and of what they replaced, is left beside. */
  dispose(): Promise<void>
}

export interface ContainerExit {
  /** Exit code, or null if a signal ended it. */
  code: number | null
  signal: string | null
  /** Whether it will be started again by itself. */
  restarting: boolean
  /** Whether it was ended because it used more memory than it may. */
  outOfMemory?: boolean
}

/** A container that a board runs. */
export interface BoardContainer {
  readonly spec: ContainerSpec
  /** It was asked to end, and its board was lost before the answer: it may end any time now, and is not started again then. */
  readonly stopUnsure?: boolean
  /** Called each time its program ends without having been asked to. */
  onExit: ((exit: ContainerExit) => void) | undefined
  runtime(): Promise<ContainerRuntime>
  /** The last lines that the program wrote to stderr (stdout where stderr is empty): printable, capped. */
  lastOutput(): Promise<string>
  /** What its owner may not have thought of, if its program ended as soon as it was started: a sentence. */
  likelyOversight?(): Promise<string | undefined>
  /** Ask the program to end, wait `graceMs`, then end it. It is not started again. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>
  /** End the program at once, as if it had crashed: {@link BoardContainer.onExit} and the restart policy follow. */
  kill(): void
  /** Run the program of a stopped container again. */
  start(): Promise<void>
  /** Stop, and put its files out of the way of another container of the same name. */
  setAside(graceMs: number): Promise<void>
  /** Undo {@link BoardContainer.setAside}; it does not run. Nothing happens if it was not set aside. */
  bringBack(): Promise<void>
  /**
   * Lay the files of a folder beside the container's own. It goes on running meanwhile.
   * @throws InvalidArgumentError (302) a file has the name of a folder there, or of a file of ours
   */
  stageFiles(filesFolder: string, work: BoardWork): Promise<StagedFiles>
  /** What the program has printed; see `get_container_log`. */
  readLog(from: { after?: string | undefined; lines: number }): Promise<ContainerLogView>
  /** Stop, and delete its files on the board. */
  remove(graceMs: number): Promise<void>
  /** Forget it without stopping it: a later manager adopts it. */
  detach(): void
}

/** Whether somebody knows a container: by its instance, or, where that does not say whose something is, by its name. */
export type IsKnown = (whose: { instance?: string | undefined; suffixName: string }) => boolean

/** Whether a board can be used now, since when (ISO 8601), and if not, why. */
export type BoardState = { state: 'up'; since: string } | { state: 'down'; since: string; reason: string }

/** What a board has told of itself, the last time it was up; `null` what is not known. */
export interface BoardAbout {
  engineVersion: string | null
  /** As Docker calls it: `amd64`, `arm64`. */
  architecture: string | null
  cpus: number | null
  memoryBytes: number | null
  gpus: number | null
}

/** A place where containers run. */
export interface Board {
  readonly name: string
  /** The board's address. */
  readonly ip: string
  readonly driver: 'local' | 'ssh'
  readonly state: BoardState
  readonly about: BoardAbout
  /** Load, memory and the like, measured seconds ago; undefined until then, and while it is down. */
  readonly telemetry: BoardTelemetryView | undefined
  /** Called each time the board has come up or gone down. */
  onState: ((state: BoardState) => void) | undefined
  /** From now on it is kept reachable; {@link Board.onState} says when it is. */
  open(): void
  /** Somebody has mended what was wrong: do not wait for the next try. */
  retry?(): void
  /** Let go of it; containers run on. */
  close(): Promise<void>
  /**
   * Make sure that what is done next will reach the board: it has just answered.
   * @throws SshConnectionError (500) naming board and cause, at most 4 s later
   */
  reach(): Promise<void>
  /** It is no board of this cluster any more: another one may take it. Left out where nobody else can. */
  leave?(): Promise<void>
  /** What selects it together with others. */
  readonly labels: Readonly<Record<string, string>>
  /**
   * Whether this board can run such a container, before anything is changed.
   * @throws InvalidArgumentError (302) naming board, field and value; (301) a file that cannot be read; (201) a missing key
   */
  check(config: ContainerConfig): Promise<void>
  /**
   * Bring what may take long and disturbs nothing that runs, an image: {@link Board.create} then finds it there. Left out where there
   * is no such thing.
   * @throws what {@link Board.create} throws
   */
  prepare?(config: ContainerConfig, work: BoardWork): Promise<void>
  /**
   * Put the files in place and start the program.
   * @throws ContainerStartError (311) when the program is missing, not executable or ends at once; nothing stays behind that was not there
   */
  create(spec: ContainerSpec, work?: BoardWork): Promise<BoardContainer>
  /** Take over what an earlier manager started; undefined when it no longer runs (its files are then still there for `create`). */
  adopt(spec: ContainerSpec): Promise<BoardContainer | undefined>
  /** A container whose program shall not run: what may have been left running is ended, its files stay. */
  rest(spec: ContainerSpec): Promise<BoardContainer>
  /** Images that it holds; none where there is no Engine. */
  images(): Promise<ImageView[]>
  /**
   * Delete an image and its tags, unless a container (running or not, ours or not) uses it: then it stays, and that is said.
   * @param imageId - {@link ContainerRuntime.imageId}; one that is not there counts as deleted
   */
  deleteImage(imageId: string): Promise<ImageDeletion>
  /** End and delete what is left here and nobody knows any more. Commands go on meanwhile: whether somebody does is asked at the last moment. */
  sweep(isKnown: IsKnown): Promise<void>
}
