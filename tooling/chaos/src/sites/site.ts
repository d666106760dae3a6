import type { AICluster, ContainerConfig } from '@aicluster/host-sdk'
import type { ApplicationName } from '../apps/load-shapes'
import type { FaultTally } from '../run/fault-tally'
import type { BoardAction } from '../schedule/board-schedule'
import type { ChaosEvent } from '../schedule/chaos-event'
import type { ChaosInference } from '../world/inferences'

/** Where the containers of a world are, and what goes with that. */
export interface Site {
  /** How many boards everything is loaded onto. */
  readonly boards: number
  readonly inferences: readonly ChaosInference[]
  readonly applications: readonly ApplicationName[]
  /** Of the requests that applications send: encryption and Engines take their part of the processors. */
  readonly loadShare: number
  /** Further keys of the manager's configuration; asked for after {@link Site.start}. */
  readonly clusterConfig: object
  /** How long all inferences together may take to load, in ms. */
  readonly loadLimitMs: number
  schedule(seed: number, lengthMs: number): ChaosEvent[]
  /** Whatever must be there before the manager. */
  start(): Promise<void>
  /** What the world has of a manager that has just been started, and `cluster` is connected to. */
  connected?(cluster: AICluster): Promise<void>
  containerConfig(inference: ChaosInference): Promise<ContainerConfig>
  sourceConfig(): Promise<ContainerConfig>
  breakBoard?(action: BoardAction, tally: FaultTally): Promise<void>
  /** Unload everything. @returns what is left all the same, in words */
  leftovers(cluster: AICluster): Promise<string[]>
  /** At once, and whatever state it is in. Twice does no harm. */
  end(): Promise<void>
}
