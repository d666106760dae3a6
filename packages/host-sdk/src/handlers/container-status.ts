import type { ContainerStatusView } from '@aicluster/protocol'
import { listOf } from '../commands/replies'
import type { CopyEntry, InferenceModulesConfig } from '../config/container-config'
import { assignView } from './from-view'

/**
 * State and use of a container.
 *
 * @see SDK API reference, chapter 7, table 6; the attributes from `cpuPercent` on are ours
 */
export class ContainerStatus {
  /** The inference name. */
  readonly name!: string
  /** The container's own name, unique in the cluster. */
  readonly suffixName!: string
  /** CPU share in docker-stats format: `12.50%` is an eighth of one core. */
  readonly cpuProc!: string | undefined
  /** Memory in use and what the machine has, in docker-stats format: `45.6MiB / 7.6GiB`. */
  readonly memUsage!: string | undefined
  /** Memory in use, as a share of what the machine has: `0.59%`. */
  readonly memProc!: string | undefined
  /** Bytes sent / received, in docker-stats format: `1.2MB / 3.4kB`. Docker prints the reverse. */
  readonly netIo!: string | undefined
  /** Bytes read / written, in docker-stats format. */
  readonly blockIo!: string | undefined
  /** When the container was made, ISO 8601. */
  readonly created!: string
  /** `running`, `restarting`, `crash-loop`, `exited`, `not started`; `not allowed`: its board runs no plain processes (any more); `unreachable`: its board is. */
  readonly status!: string
  /** Ports it uses; undefined where it uses none (sockets in a folder). */
  readonly ports!: string | undefined
  /** Whether it is connected to the cluster, over both of its links. */
  readonly connectStatus!: 'connected' | 'disconnected'
  /** Connected with nothing in hand; connected with something in hand; not connected. */
  readonly operate!: 'Free' | 'Busy' | 'Unknown'
  /** Requests that wait in the queues it serves. */
  readonly queueNum!: number
  /** Requests it holds. */
  readonly sendDataNum!: number
  /** The board it is on. */
  readonly allocatedCoprocessor!: string
  /** Every board on which the inference is registered. */
  readonly hostLocation!: string[]
  /** `docker`, `nvidia`, `other` (a plain process), `Loop` (the cluster answers with what it was sent). */
  readonly implementationType!: 'docker' | 'nvidia' | 'Loop' | 'other'
  /** Where requests come from; undefined is None: it takes none. */
  readonly input!: 'Main' | undefined
  /** Where results go; undefined is None. */
  readonly output!: 'Main' | undefined
  /** ms a request may wait in the queue (306 after it). */
  readonly sendTimeout!: number | 'never'
  /** ms from being sent to a container to its response (401 after it). */
  readonly waitQueueTimeout!: number | 'never'
  /** Its credits: requests it may hold at once. */
  readonly maxSendNum!: number
  /** Folder of scripts and models, on the application's machine. */
  readonly scriptPath!: string | undefined
  /** Scripts, models and further inference names that it serves. */
  readonly inferenceModules!: InferenceModulesConfig | InferenceModulesConfig[] | undefined
  /** Folder of the image file, on the application's machine. */
  readonly imagePath!: string | undefined
  /** Name of the image file. */
  readonly imageFile!: string | undefined
  /** Version label of the image. */
  readonly imageTag!: string | undefined
  /** Program and arguments: a line, or a list (ours). */
  readonly runCommand!: string | string[] | undefined
  /** Options for Docker. */
  readonly runOption!: string | undefined
  /** Files and folders that go into it. */
  readonly copy!: CopyEntry | CopyEntry[] | undefined
  /** `cpuProc` as a number: 12.5 is an eighth of one core. Ours. */
  readonly cpuPercent!: number | undefined
  /** Memory in use, in bytes. Ours. */
  readonly memBytes!: number | undefined
  /** `memProc` as a number. Ours. */
  readonly memPercent!: number | undefined
  /** Process number on its board. Ours. */
  readonly pid!: number | undefined
  /** Times it was started again after an exit. Ours. */
  readonly restarts!: number
  /** Inference names for which it gets no requests since `stopDistribution`; none: it gets all. Ours. */
  readonly distributionOff!: string[] | undefined

  private constructor(view: ContainerStatusView) {
    assignView(this, view)
  }

  /** @internal */
  static from(view: ContainerStatusView): ContainerStatus {
    return new ContainerStatus(view)
  }
}

export const statusesOf = (reply: unknown): ContainerStatus[] => listOf(reply, (view: ContainerStatusView) => ContainerStatus.from(view))
