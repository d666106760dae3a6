import { join } from 'node:path'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { ROOT } from '../options'

/** An inference of the world: a program that answers with what it got, after a while. */
export interface ChaosInference {
  name: string
  /** How long a request takes, in ms: least and most. */
  takesMs: readonly [number, number]
  maxSendNum: number
  /** Requests at once; left out: as many as it holds. */
  concurrency?: number
  redeliver?: boolean
  /** The outcome of a request is that its program has taken it. */
  sink?: boolean
}

/** The inference that is loaded, used and unloaded while the run goes on. */
export const PASSING: ChaosInference = { name: 'passing', takesMs: [0, 20], maxSendNum: 4 }
/** The inference that bursts go to: slow enough to have many open when the manager is killed. */
export const BURST_INFERENCE = 'slow'
/** The inference whose handler hangs when it is told to; its containers go on with other requests. */
export const HANGING_INFERENCE = 'wide'
/** The inference that is read in parts; a request takes its time for each of them. */
export const PARTS_INFERENCE = 'parts'
/** Answered by the manager itself. */
export const LOOP = 'loop'

/** What publishes; every application reads it. */
export const SOURCE = 'source'
/** Loaded once, on both boards. */
export const INFERENCES: readonly ChaosInference[] = [
  { name: 'echo', takesMs: [0, 0], maxSendNum: 4 },
  { name: 'again', takesMs: [5, 30], maxSendNum: 4, redeliver: true },
  { name: 'slow', takesMs: [20, 200], maxSendNum: 32 },
  { name: 'sink', takesMs: [2, 20], maxSendNum: 8, sink: true },
  { name: 'wide', takesMs: [2, 20], maxSendNum: 16, concurrency: 8 },
  { name: PARTS_INFERENCE, takesMs: [0, 8], maxSendNum: 16, redeliver: true },
]

/** Names of everything that has containers, on both boards. */
export const WITH_CONTAINERS: readonly string[] = [...INFERENCES.map(({ name }) => name), SOURCE]

/** How long requests may wait in a queue and at a container, in ms; both are short, so that a run sees them pass. */
export const SEND_TIMEOUT_MS = 10_000
export const RESPONSE_TIMEOUT_MS = 8_000

/** How long a container may hold a request beyond its response time, in ms; then it is started anew. Longer than a process stands still. */
export const HANG_TIMEOUT_MS = 5_000
/** By then a container whose handler hangs is there again, in ms. */
export const HANG_NOTICED_MS = RESPONSE_TIMEOUT_MS + HANG_TIMEOUT_MS + 4_000

/** Requests of these names may run twice. */
export const REDELIVERED = new Set(INFERENCES.filter(({ redeliver }) => redeliver).map(({ name }) => name))

/** The outcome of requests of these names is that they were taken: null. */
export const SINKS = new Set(INFERENCES.filter(({ sink }) => sink).map(({ name }) => name))

/** Environment and further words in front of a container's command, the same for all of a world. */
export interface ContainerSurroundings {
  environment: Record<string, string>
  /** A container's environment takes no `AICLUSTER_…` variables: this word sets one. */
  commandPrefix: string[]
}

/** Where the programs of containers lie, each in one file. */
export const PROGRAMS = join(ROOT, 'tooling/chaos/dist/programs')

const argumentsOf = ({ takesMs, concurrency = 0 }: ChaosInference): string[] => [...takesMs, concurrency].map(String)

export function containerConfig(inference: ChaosInference, { environment, commandPrefix }: ContainerSurroundings): ContainerConfig {
  return {
    ...ruleOf(inference),
    implementationType: 'other',
    runCommand: [...commandPrefix, process.execPath, join(PROGRAMS, 'container.js'), ...argumentsOf(inference)],
    env: environment,
  }
}

const ruleOf = ({ name, maxSendNum, redeliver, sink }: ChaosInference) => ({
  name,
  maxSendNum,
  ...(redeliver && { redeliver }),
  ...(sink && { input: 'Main' as const, output: null }),
})

export const sourceConfig = ({ environment, commandPrefix }: ContainerSurroundings): ContainerConfig => ({
  name: SOURCE,
  implementationType: 'other',
  runCommand: [...commandPrefix, process.execPath, join(PROGRAMS, 'source.js')],
  env: environment,
  input: null,
  output: 'Main',
})

/** The same in a container whose files are the programs. */
export const onBoards = (inference: ChaosInference) => ({
  ...ruleOf(inference),
  runCommand: ['node', 'container.js', ...argumentsOf(inference)],
})

export const sourceOnBoards = () => ({ name: SOURCE, runCommand: ['node', 'source.js'], input: null, output: 'Main' as const })
