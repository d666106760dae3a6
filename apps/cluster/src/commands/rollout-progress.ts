import type { Sources } from '../given/placed-config'
import { endpointsOf, implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'

/** One inference that a command brings to some boards. */
export interface Rollout extends Sources {
  /** What is registered under its name now. */
  before: InferenceRecord | undefined
  /** Whether what runs now has to go. */
  replace: boolean
  /** Whether the files that were put for it go on counting. */
  keepFiles: boolean
  /** Where containers are started. Those of `before` on other boards stay, unless they are replaced. */
  boards: { name: string; suffixName?: string | undefined; distributionOff?: string[] | undefined }[]
}

/** A rollout under way. */
export interface RolloutProgress {
  rollout: Rollout
  started: ContainerRecord[]
  /** The data plane has forgotten what was there before, and its programs end. */
  replacing: boolean
}

/** Whether new containers stand beside the old ones before those go. What takes requests differently, or has no program, cannot. */
export function standsBeside({ config, before, replace }: Rollout): boolean {
  if (!replace || !before || config.replacement !== 'start-then-kill') return false
  if (implementationOf(config) === 'Loop' || implementationOf(before.config) === 'Loop') return false
  return JSON.stringify(endpointsOf(config)) === JSON.stringify(endpointsOf(before.config))
}

/** Inference names that neither the new containers of a rollout serve nor anything else that is registered. */
export function droppedNames({ config, before }: Rollout, registered: readonly InferenceRecord[]): string[] {
  if (!before) return []
  const others = registered.filter((record) => record.config.name !== config.name)
  const kept = new Set([config, ...others.map((record) => record.config)].flatMap(servedNames))
  return servedNames(before.config).filter((name) => !kept.has(name))
}

/** What is registered once all is well. */
export function nextRecord({ rollout: { config, trees, before, replace, boards }, started }: RolloutProgress): InferenceRecord {
  const kept = replace || !before ? { boards: [], containers: [] } : before
  return {
    version: 1,
    config,
    boards: [...kept.boards, ...boards.map(({ name }) => name)],
    containers: [...kept.containers, ...started],
    ...(trees ? { trees } : {}),
  }
}

export const instancesOf = (record: InferenceRecord | undefined): string[] => record?.containers.map(({ instance }) => instance) ?? []

export const suffixNamesOf = (record: InferenceRecord | undefined): string[] =>
  record?.containers.map(({ suffix_name }) => suffix_name) ?? []
