import type { BoardTelemetryView } from '@aicluster/protocol'

/** What a board's machine is and has. */
export interface BoardProbe {
  /** The user that we are there, and where its home is. */
  uid: number
  home: string
  /** As image archives name it: `amd64`, `arm64`, `arm`; what else there is as the kernel says it. */
  architecture: string
  /** `Debian GNU/Linux 12 (bookworm)` */
  os: string
  kernel: string
  /** First line of /etc/nv_tegra_release, on a Jetson. */
  jetson: string | null
  /** Null: it could not be asked; why is a problem. */
  engine: EngineProbe | null
  /** As `nvidia-smi -L` lists them, or the Jetson's own. */
  gpus: readonly string[]
  telemetry: BoardTelemetryView
  /** What stands in the way of running containers here; none: it is ready. */
  problems: readonly BoardProblem[]
}

export interface EngineProbe {
  /** `20.10.24` */
  version: string
  /** `1.41` */
  apiVersion: string
  /** Folder, there, of its images and containers. */
  rootFolder: string
  runtimes: readonly string[]
  /** How a container gets a GPU; null: this Engine cannot give it one. */
  gpuAccess: 'runtime' | 'device-requests' | 'cdi' | null
}

/** What is wrong with a board, and how to mend it. */
export interface BoardProblem {
  what: string
  cure: string
}
