import { type CommandOf, type ContainerConfig, type ContainerHandlerView, clusterError } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { configSubject, implementationOf, parseContainerConfig, requireSameConfig, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import { containerView } from './container-view'
import { selectBoards } from './select'

/** Container names are names of folders. */
const MAX_SUFFIX_LENGTH = 250

/**
 * Register configs and start their containers. All or nothing: whatever fails, what was started is stopped,
 * what was replaced runs again, and the registry is as it was.
 */
export async function loadInference(plane: ControlPlane, command: CommandOf<'load_inference'>): Promise<ContainerHandlerView[]> {
  const configs = command.container_config.map(parseContainerConfig)
  requireDistinctNames(plane, configs)
  const boards = selectBoards(plane, command.coprocessor_name)
  return plane.locks.with(configs.flatMap(servedNames), async () => {
    const plans = configs.map((config) => planFor(plane, config, boards))
    for (const { config, newBoards } of plans) {
      if (implementationOf(config) !== 'Loop') for (const board of newBoards) await board.check(config)
    }
    const done: Plan[] = []
    try {
      // One inference after another, its boards side by side: a failure then knows what to take back.
      for (const plan of plans) {
        done.push(plan)
        await carryOut(plane, plan)
      }
    } catch (error) {
      for (const plan of done.reverse()) await takeBack(plane, plan)
      await plane.project()
      throw error
    }
    for (const { next } of plans) await plane.registry.set(next)
    await plane.project()
    return plans.flatMap(({ next }) => next.containers.map((container) => containerView(next, container, plane.options.config.defaults)))
  })
}

/** What one config of the command comes to. */
interface Plan {
  config: ContainerConfig
  /** What is registered under its name now. */
  before: InferenceRecord | undefined
  /** Whether what runs now has to go first. */
  replace: boolean
  newBoards: Board[]
  /** What will be registered; grows as containers start. */
  next: InferenceRecord
}

/** @throws InvalidArgumentError (302) a config stands there twice, or one of its names differs from another by case alone */
function requireDistinctNames(plane: ControlPlane, configs: readonly ContainerConfig[]): void {
  const loaded = new Set<string>()
  const spelling = new Map<string, string>()
  for (const [index, config] of configs.entries()) {
    for (const name of servedNames(config)) {
      const twin = plane.registry.caseTwin(name, config.name)
      const other = spelling.get(name.toLowerCase()) ?? name
      const twice = other !== name || (name === config.name && loaded.has(name))
      spelling.set(name.toLowerCase(), name)
      if (!twin && !twice) continue
      const field = name === config.name ? 'name' : 'sub_inference_name'
      const reason = twin ? `differs from the registered ${twin} by case alone` : `stands in this command twice (case does not count)`
      throw clusterError('invalidParameter', {
        detail: `${configSubject(config, index)}: ${field} is ${JSON.stringify(name)}, which ${reason}`,
        details: { field, value: name },
      })
    }
    loaded.add(config.name)
  }
}

function planFor(plane: ControlPlane, given: ContainerConfig, boards: readonly Board[]): Plan {
  const { force_update: force, ...config } = given
  const before = plane.registry.get(config.name)
  if (before && !force) requireSameConfig(before.config, config)
  const replace = before !== undefined && force === true
  const newBoards = boards.filter(({ name }) => replace || !before?.boards.includes(name))
  const kept = replace || !before ? { boards: [], containers: [] } : before
  return {
    config,
    before,
    replace,
    newBoards,
    next: { version: 1, config, boards: [...kept.boards, ...newBoards.map(({ name }) => name)], containers: [...kept.containers] },
  }
}

async function carryOut(plane: ControlPlane, plan: Plan): Promise<void> {
  if (plan.replace && plan.before) await removeContainers(plane, plan.before)
  plan.next.containers.push(
    ...(await startContainers(
      plane,
      plan.config,
      plan.newBoards.map(({ name }) => name),
    )),
  )
}

/** Start one container per board, side by side. If one fails, those that stand are removed again. */
async function startContainers(plane: ControlPlane, config: ContainerConfig, boardNames: readonly string[]): Promise<ContainerRecord[]> {
  const startTimeoutMs = config.start_timeout ?? plane.options.config.defaults.start_timeout
  // On these boards nothing of this inference runs (any more): what is replaced hands its names on.
  const others = plane.registry
    .all()
    .flatMap(({ config: { name }, containers }) => containers.filter(({ board }) => name !== config.name || !boardNames.includes(board)))
  const taken = new Set(others.map(({ suffix_name }) => suffix_name))
  const results = await Promise.allSettled(
    boardNames.map((board) => {
      const suffixName = uniqueSuffix(`${config.name}-${board}`, taken)
      if (implementationOf(config) === 'Loop') return loopRecord(suffixName, board)
      return plane.fleet.start(config, suffixName, board, startTimeoutMs)
    }),
  )
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (!failed) return started
  for (const { instance } of started) await plane.options.dataPlane.call('forgetContainer', instance)
  await Promise.all(started.map(({ instance }) => plane.fleet.remove(instance)))
  throw failed.reason
}

/** A Loop has no program: its record only says where it is registered. */
const loopRecord = async (suffixName: string, board: string): Promise<ContainerRecord> => ({
  instance: `loop-${suffixName}`,
  suffix_name: suffixName,
  board,
  token_sha256: '',
  distribution_off: [],
})

/** `digits-board1`, or with a number behind where another pair of names gives the same text. */
function uniqueSuffix(wanted: string, taken: Set<string>): string {
  if (wanted.length > MAX_SUFFIX_LENGTH) {
    throw clusterError('invalidParameter', {
      detail: `inference and board name make the container name ${wanted}, ${wanted.length} characters long; it may have ${MAX_SUFFIX_LENGTH}`,
      details: { field: 'name', value: wanted },
    })
  }
  let suffix = wanted
  for (let n = 2; taken.has(suffix); n++) suffix = `${wanted}-${n}`
  taken.add(suffix)
  return suffix
}

async function removeContainers(plane: ControlPlane, record: InferenceRecord): Promise<void> {
  const instances = record.containers.map(({ instance }) => instance)
  // What arrives meanwhile waits for the containers that come.
  const idle = await plane.options.dataPlane.call('removeIfIdle', { instances, names: servedNames(record.config), keepQueues: true })
  if (!idle) {
    throw clusterError('processesInUse', {
      detail: `${record.config.name}: force_update needs it idle; wait for its requests`,
      details: { inference_name: record.config.name },
    })
  }
  await Promise.all(instances.map((instance) => plane.fleet.remove(instance)))
}

async function takeBack(plane: ControlPlane, { before, replace, next, newBoards, config }: Plan): Promise<void> {
  const kept = new Set(before?.containers.map(({ instance }) => instance))
  const added = next.containers.filter(({ instance }) => !kept.has(instance))
  for (const { instance } of added) await plane.options.dataPlane.call('forgetContainer', instance)
  await Promise.all(added.map(({ instance }) => plane.fleet.remove(instance)))
  if (!replace || !before) return
  const stillRuns = before.containers.every(({ instance }) => plane.fleet.get(instance))
  if (stillRuns) return
  try {
    const containers = await startContainers(plane, before.config, before.boards)
    await plane.registry.set({ ...before, containers })
  } catch (error) {
    plane.options.log.error(
      { inference: config.name, boards: newBoards.map(({ name }) => name), err: error },
      'what was replaced could not be started again',
    )
  }
}
