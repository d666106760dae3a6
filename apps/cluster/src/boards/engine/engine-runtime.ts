import type Docker from 'dockerode'
import type { ContainerInspectInfo } from 'dockerode'
import { within } from '../../within'
import type { ContainerRuntime } from '../board'
import { engineLogTail } from './engine-log'
import { NO_USAGE, portsText, usageOf } from './engine-usage'

/** Exits in a row, each soon after its start, that make a crash loop; as on a local board. */
const CRASH_LOOP_EXITS = 8
const GOOD_RUN_MS = 10_000
/** How late an Engine notes that it has started a program; less than its shortest delay before a restart. */
const START_NOTED_MS = 90
/** A sample takes two looks a second apart. */
const STATS_TIMEOUT_MS = 4000

/** Of a container of which the Engine has nothing. */
export const NOTHING_RUNS: ContainerRuntime = {
  ...NO_USAGE,
  state: 'exited',
  pid: null,
  restarts: 0,
  ports: null,
  imageId: null,
  createdAt: '',
}

/** What the Engine knows of a container. @throws what dockerode throws */
export async function engineRuntime(container: Docker.Container): Promise<ContainerRuntime> {
  const info = await container.inspect()
  const { State } = info
  return {
    ...(State.Running && !State.Restarting ? await usage(container) : NO_USAGE),
    state: stateOf(info),
    createdAt: startedAt(info) ?? info.Created,
    pid: State.Pid || null,
    restarts: info.RestartCount,
    ports: portsText(info),
    imageId: info.Image,
  }
}

/**
 * What its program has printed last. As long as a run that follows an exit is young and silent, that of the runs before: it says why they
 * ended.
 * @throws what dockerode throws
 */
export async function lastOutputOf(container: Docker.Container): Promise<string> {
  const info = await container.inspect()
  const output = info.RestartCount === 0 ? '' : await engineLogTail(container, runBegan(info))
  return output || engineLogTail(container, undefined)
}

/** Undefined for one that never ran. */
function startedAt({ State }: ContainerInspectInfo): string | undefined {
  return State.StartedAt.startsWith('0001-') ? undefined : State.StartedAt
}

/** A program that is quick has printed before its Engine notes the start; the run before ended 100 ms earlier, or more. */
function runBegan(info: ContainerInspectInfo): string | undefined {
  const at = startedAt(info)
  return at === undefined ? undefined : new Date(Date.parse(at) - START_NOTED_MS).toISOString()
}

function stateOf({ State, RestartCount }: ContainerInspectInfo): ContainerRuntime['state'] {
  if (State.Restarting) {
    const ranMs = Date.parse(State.FinishedAt) - Date.parse(State.StartedAt)
    return RestartCount >= CRASH_LOOP_EXITS && ranMs < GOOD_RUN_MS ? 'crash-loop' : 'restarting'
  }
  return State.Running ? 'running' : 'exited'
}

async function usage(container: Docker.Container): Promise<typeof NO_USAGE> {
  try {
    const late = () => new Error('no figures came')
    const sample = await within(container.stats({ stream: false }), { ms: STATS_TIMEOUT_MS, late })
    return sample.cpu_stats ? usageOf(sample) : NO_USAGE
  } catch {
    return NO_USAGE
  }
}
