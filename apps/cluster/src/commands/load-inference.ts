import type { CommandOf, ContainerConfig, ContainerHandlerView } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import type { ControlPlane } from '../control-plane/control-plane'
import { implementationOf, parseContainerConfig, requireSameConfig, servedNames } from '../registry/container-config-rules'
import type { CommandCall } from './command-call'
import { handlersOf } from './container-view'
import { requireDistinctNames } from './distinct-names'
import { pathsOf, requireInRoots } from './file-roots'
import { requireProcessesAllowed } from './processes-allowed'
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
  const configs = command.container_config.map(parseContainerConfig)
  requireDistinctNames(plane, configs)
  const boards = selectBoards(plane, command.coprocessor_name)
  for (const config of configs) {
    requireProcessesAllowed(plane.options.config, config, boards)
    await requireInRoots(plane.options.config, pathsOf(config))
  }
  const replaced = configs.map(({ name, force_update: force }) => (force ? plane.registry.get(name) : undefined))
  await reachBoardsOf(plane, replaced, configs.every((config) => implementationOf(config) === 'Loop') ? [] : boards)
  return plane.locks.with(configs.flatMap(servedNames), async () => {
    const rollouts = configs.map((config) => rolloutOf(plane, config, boards))
    const records = await rollOut(plane, rollouts, command.cmd, call)
    return handlersOf(plane, records)
  })
}

function rolloutOf(plane: ControlPlane, given: ContainerConfig, boards: readonly Board[]): Rollout {
  const { force_update: force, ...config } = given
  const before = plane.registry.get(config.name)
  if (before && !force) requireSameConfig(before.config, config)
  const replace = before !== undefined && force === true
  return {
    config,
    before,
    replace,
    // What replaces it brings files of its own.
    keepFiles: before !== undefined && !replace,
    boards: boards.filter(({ name }) => replace || !before?.boards.includes(name)).map(({ name }) => ({ name })),
  }
}
