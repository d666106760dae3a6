import { type CommandOf, type ContainerConfig, type ContainerHandlerView, namedPaths } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { requireProcessesAllowed } from '../control-plane/processes-allowed'
import { treesOf } from '../given/placed-config'
import {
  implementationOf,
  parseContainerConfig,
  requireNothingToRun,
  requireSameConfig,
  servedNames,
} from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { handlersOf } from './container-view'
import { requireDistinctNames } from './distinct-names'
import { requireSourcesInRoots } from './file-roots'
import { reachBoardsOf } from './reach-boards'
import { rollOut } from './rollout'
import type { Rollout } from './rollout-progress'
import { selectBoards } from './select'

/**
 * Register configs and start their containers. All or nothing: whatever fails, what was started is stopped,
 * what was replaced runs again, and the registry is as it was.
 */
export async function loadInference(
  plane: ControlPlane,
  command: CommandOf<'load_inference'>,
  call: CommandCall,
): Promise<ContainerHandlerView[]> {
  const { configs, boards } = checkLoad(plane, command)
  return plane.given.using(command.files, async (trees) => {
    const rollouts = () => configs.map((config) => rolloutOf(plane, config, boards, trees))
    for (const rollout of rollouts()) await requireReadable(plane, rollout)
    await reachBoards(plane, configs, boards, call)
    return plane.locks.with(configs.flatMap(servedNames), async () => {
      // Only now it is certain what is registered, and what is read.
      requireDistinctNames(plane, configs)
      const held = rollouts()
      requireUnchanged(held)
      for (const rollout of held) await requireReadable(plane, rollout)
      const records = await rollOut(plane, held, command.cmd, call)
      return handlersOf(plane, records)
    })
  })
}

/**
 * Everything about a load that can be said before its files are there.
 * @throws InvalidArgumentError (201, 302), CoprocessorNotFoundError (304)
 */
function checkLoad(plane: ControlPlane, command: Pick<CommandOf<'load_inference'>, 'container_config' | 'coprocessor_name'>) {
  const configs = command.container_config.map(parseContainerConfig)
  for (const config of configs) requireNothingToRun(config)
  requireDistinctNames(plane, configs)
  const boards = selectBoards(plane, command.coprocessor_name)
  for (const config of configs) requireProcessesAllowed(plane.options.config, config, boards)
  return { configs, boards }
}

/** @throws SshConnectionError (500) */
function reachBoards(
  plane: ControlPlane,
  configs: readonly ContainerConfig[],
  boards: readonly Board[],
  call: Pick<CommandCall, 'signal'>,
): Promise<void> {
  const replaced = configs.map(({ name, force_update: force }) => (force ? plane.registry.get(name) : undefined))
  return reachBoardsOf(plane, replaced, call, configs.every((config) => implementationOf(config) === 'Loop') ? [] : boards)
}

/**
 * The paths from which a load makes containers, with where they stand; none for what runs already.
 * @throws what {@link loadInference} throws of what can be seen before
 */
export async function pathsOfLoad(plane: ControlPlane, command: CommandOf<'load_inference'>, call: Pick<CommandCall, 'signal'>) {
  const { configs, boards } = checkLoad(plane, command)
  await reachBoards(plane, configs, boards, call)
  const rollouts = configs.map((config) => rolloutOf(plane, config, boards, new Map()))
  requireUnchanged(rollouts)
  for (const rollout of rollouts) await checkButFiles(plane, rollout)
  return rollouts.flatMap(({ config, boards: [board] }) =>
    board ? namedPaths(config).map((named) => ({ ...named, board: board.name, name: config.name })) : [],
  )
}

/** What is registered is changed by force only. @throws InvalidArgumentError (203, 302) */
function requireUnchanged(rollouts: readonly Rollout[]): void {
  for (const { config, before, replace } of rollouts) if (before && !replace) requireSameConfig(before.config, config)
}

/** What a board cannot run at all need not be sent. @throws InvalidArgumentError (201, 302), SshConnectionError (500) */
async function checkButFiles(plane: ControlPlane, { config, boards }: Rollout): Promise<void> {
  if (implementationOf(config) === 'Loop') return
  const bare = { ...config, script_path: null, inference_modules: null, copy: null, image_path: null, image_filename: null }
  for (const { name } of boards) {
    await plane.boards
      .get(name)
      ?.check(bare)
      .catch((error: { details?: { field?: unknown } }) => {
        // The image is one of the files.
        if (error.details?.field !== 'image_tag') throw error
      })
  }
}

/** @throws InvalidArgumentError (302) the cluster would have to read what it may not */
async function requireReadable(plane: ControlPlane, rollout: Rollout): Promise<void> {
  if (rollout.boards.length > 0) await requireSourcesInRoots(plane.options.config, rollout)
}

function rolloutOf(plane: ControlPlane, given: ContainerConfig, boards: readonly Board[], trees: ReadonlyMap<string, string>): Rollout {
  const { force_update: force, ...config } = given
  const before = plane.registry.get(config.name)
  const replace = before !== undefined && force === true
  const missing = boards.filter(({ name }) => replace || !before?.boards.includes(name)).map(({ name }) => ({ name }))
  return {
    config,
    // Where nothing is made, what was sent before goes on counting.
    trees: missing.length === 0 ? before?.trees : treesOf(config, trees),
    before,
    replace,
    // What replaces it brings files of its own.
    keepFiles: before !== undefined && !replace,
    boards: missing,
  }
}
