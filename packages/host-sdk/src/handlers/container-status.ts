import type { ContainerStatusView } from '@aicluster/protocol'
import type { CopyEntry, InferenceModulesConfig } from '../config/container-config'
import { fromWire } from '../config/wire-names'
import { withUndefined } from './container-handler'

/**
 * State and use of a container.
 *
 * @see SDK API reference, chapter 7, table 6; the attributes from `cpuPercent` on are ours
 */
export class ContainerStatus {
  readonly name!: string
  readonly suffixName!: string
  /** CPU share in docker-stats format: `12.50%` is an eighth of one core. */
  readonly cpuProc!: string | undefined
  readonly memUsage!: string | undefined
  readonly memProc!: string | undefined
  /** Bytes sent / received over the cluster's links, as the container sees it. */
  readonly netIo!: string | undefined
  /** Bytes read / written. */
  readonly blockIo!: string | undefined
  /** ISO 8601. */
  readonly created!: string
  /** `running`, `restarting`, `crash-loop`, `exited` or `not started`. */
  readonly status!: string
  readonly ports!: string | undefined
  readonly connectStatus!: 'connected' | 'disconnected'
  /** Connected with nothing in hand; connected with something in hand; not connected. */
  readonly operate!: 'Free' | 'Busy' | 'Unknown'
  /** Requests that wait in the queues it serves. */
  readonly queueNum!: number
  /** Requests it holds. */
  readonly sendDataNum!: number
  readonly allocatedCoprocessor!: string
  readonly hostLocation!: string[]
  readonly implementationType!: 'docker' | 'nvidia' | 'Loop' | 'other'
  readonly input!: 'Main' | undefined
  readonly output!: 'Main' | undefined
  readonly sendTimeout!: number | 'never'
  readonly waitQueueTimeout!: number | 'never'
  readonly maxSendNum!: number
  readonly scriptPath!: string | undefined
  readonly inferenceModules!: InferenceModulesConfig | InferenceModulesConfig[] | undefined
  readonly imagePath!: string | undefined
  readonly imageFile!: string | undefined
  readonly imageTag!: string | undefined
  readonly runCommand!: string | string[] | undefined
  readonly runOption!: string | undefined
  readonly copy!: CopyEntry | CopyEntry[] | undefined
  readonly cpuPercent!: number | undefined
  readonly memBytes!: number | undefined
  readonly memPercent!: number | undefined
  /** Process number on its board. */
  readonly pid!: number | undefined
  /** Times it was started again after an exit. */
  readonly restarts!: number

  /** @internal */
  constructor(view: ContainerStatusView) {
    Object.assign(this, withUndefined(fromWire(view)))
  }
}
