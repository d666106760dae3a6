/** `Main`, or None as `null` or the text `None`. */
export type InferenceEndpoint = 'Main' | 'None' | null

/** A script and a model that a container uses for one inference name. See SDK API reference, chapter 7, table 9. */
export interface InferenceModulesConfig {
  /** A further inference name that the container serves; `''` is the container's own name. */
  subInferenceName: string
  /** Version label of the script. A changed one is 203 without `forceUpdate`. */
  scriptTag?: string | null
  /** Version label of the model. A changed one is 203 without `forceUpdate`. */
  modelTag?: string | null
  /** File name or names below `scriptPath`. */
  script?: string | string[] | null
  /** File name or names below `scriptPath`. */
  model?: string | string[] | null
}

/** A file or folder that goes into the container. The keys are the seed's. */
export interface CopyEntry {
  /** Where it goes. On a `local` board: relative to the container's folder; absolute or `..` is 302. */
  To: string
  /** Absolute path on the application's machine. */
  From: string
}

/**
 * How an inference is run. Only `name` is always required; `runCommand` is with type `other`.
 *
 * @see SDK API reference, chapter 7, table 1
 */
export interface ContainerConfig {
  /** The inference name that applications address: 1 to 128 of `A-Z a-z 0-9 . _ -`, the first a letter or digit. */
  name: string
  /** `docker` (default), `nvidia`, `other` (a plain process), `Loop` (the cluster answers with what it was sent). */
  implementationType?: 'docker' | 'nvidia' | 'Loop' | 'other' | null
  /** Where requests come from. Both left out: `Main` to `Main` (ours). One given: the other is None. */
  input?: InferenceEndpoint
  /** Where results go. */
  output?: InferenceEndpoint
  /** ms a request may wait in the queue (306 after it). Default: the cluster's, 60,000. `never` must be said (ours). */
  sendTimeout?: number | 'never' | null
  /** ms from being sent to a container to its response (401 after it). Default: the cluster's, 300,000. */
  waitQueueTimeout?: number | 'never' | null
  /** Replace what is registered under this name; 303 while it has requests queued or in process. Default false. */
  forceUpdate?: boolean
  /** Requests one container may hold at once: its credits. Default 1. */
  maxSendNum?: number | null
  /** Absolute folder, on the application's machine, of scripts and models. On a `local` board it becomes the program's folder. */
  scriptPath?: string | null
  /** Scripts and models, and further inference names that the container serves. */
  inferenceModules?: InferenceModulesConfig | InferenceModulesConfig[] | null
  /** Folder of the image file. With `docker` and `nvidia`. */
  imagePath?: string | null
  /** The image file, a tar. With `docker` and `nvidia`. */
  imageFilename?: string | null
  /** Version label. A changed one is 203 without `forceUpdate`. */
  imageTag?: string | null
  /** Program and arguments: a line, split into words like a shell does (no shell runs), or a list (ours). */
  runCommand?: string | string[] | null
  /** Options for Docker. With `docker` and `nvidia`. */
  runOption?: string | null
  /** Files and folders that go into the container. */
  copy?: CopyEntry | CopyEntry[] | null
  /** Requests that may wait; full is 305 at once. Default: the cluster's, 100,000. Ours. */
  queueLimit?: number | null
  /** Bytes that may wait. Default: the cluster's, 1 GiB. Ours. */
  queueBytes?: number | null
  /** Further environment of the program. Ours. */
  env?: Record<string, string> | null
  /** ms in which the container must connect and be ready (311 after it). Default: the cluster's, 60,000. Ours. */
  startTimeout?: number | null
  /** Whether a container that exits is started again, with growing pauses. Default `always`. Ours. */
  restart?: 'always' | 'never' | null
  /**
   * Whether a request whose container goes is handed out once more, at the head of its queue; it may then have run twice.
   * Default false: it ends with 402 and is never run again. Ours.
   */
  redeliver?: boolean | null
  /**
   * How a reload, or `forceUpdate`, replaces what runs. `kill-then-start` (default): the old containers go first, and it is 303 while
   * requests are queued or in process. `start-then-kill`: the new ones stand beside the old ones, take over once they are ready, and
   * the old ones finish what they hold; the board needs room for both. Ours.
   */
  replacement?: 'kill-then-start' | 'start-then-kill' | null
}
