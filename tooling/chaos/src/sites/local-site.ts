import type { ContainerConfig } from '@aicluster/host-sdk'
import { type ApplicationName, LOAD_SHAPES } from '../apps/load-shapes'
import { makeSchedule } from '../schedule/make-schedule'
import { type ChaosInference, type ContainerSurroundings, containerConfig, INFERENCES, sourceConfig } from '../world/inferences'
import type { Site } from './site'

/** Two boards of this machine, whose containers are its processes. */
export class LocalSite implements Site {
  readonly boards = 2
  readonly inferences = INFERENCES
  readonly applications = Object.keys(LOAD_SHAPES) as ApplicationName[]
  readonly clusterConfig = { listen: { transport: 'ipc' } }
  readonly loadShare = 1
  readonly loadLimitMs = 30_000
  readonly schedule = makeSchedule

  constructor(private readonly surroundings: ContainerSurroundings) {}

  async start(): Promise<void> {}

  async containerConfig(inference: ChaosInference): Promise<ContainerConfig> {
    return containerConfig(inference, this.surroundings)
  }

  async sourceConfig(): Promise<ContainerConfig> {
    return sourceConfig(this.surroundings)
  }

  /** Processes that are left are looked for by whoever ends the world. */
  async leftovers(): Promise<string[]> {
    return []
  }

  async end(): Promise<void> {}
}
