import { posix } from 'node:path'
import type { Logger } from 'pino'
import type { IsKnown } from '../board'
import type { Machine } from '../machine'
import { allFolder, engineName, instanceIn, suffixNameOf } from './container-folders'
import { BOARD_LABEL, CLUSTER_LABEL, CONTAINER_LABEL, INSTANCE_LABEL } from './container-labels'
import { unlessSo } from './engine-replies'
import { removeFolder, removeHelpers } from './remove-folder'

export interface SweepOptions {
  clusterId: string
  board: string
  /** Whether the cluster has a board of this name now: what carries it is that board's. */
  isBoard(name: string): boolean
  /** Where the folders of all containers lie. */
  folder: string
  logger: Logger
  /** Also of what is being made. */
  isKnown: IsKnown
}

/** Remove the containers and folders of this cluster on this board that nobody knows any more. Everything else on the Engine stays. */
export async function sweepEngine(machine: Machine, options: SweepOptions): Promise<void> {
  const { clusterId, board, isBoard, folder, logger, isKnown } = options
  const { engine, files } = machine
  // Not of this board alone: it may have had another name.
  const label = [`${CLUSTER_LABEL}=${clusterId}`]
  for (const { Id, Names, Labels } of await engine.listContainers({ all: true, filters: { label } })) {
    const its = Labels[BOARD_LABEL] ?? board
    if (its !== board && isBoard(its)) continue
    const suffixName = Labels[CONTAINER_LABEL] ?? ''
    if (isKnown({ instance: Labels[INSTANCE_LABEL] ?? '', suffixName })) continue
    // Another one of its name is just taking its place, and removes it.
    if (Names.includes(`/${engineName(suffixName)}`) && isKnown({ suffixName })) continue
    logger.warn({ container: suffixName }, 'removing a container that nobody knows any more')
    await unlessSo(engine.getContainer(Id).remove({ force: true, v: true }))
  }
  const all = allFolder(machine, folder)
  await removeHelpers(engine, all)
  for (const name of await files.list(all)) {
    const place = posix.join(all, name)
    if ((await files.kind(place)) !== 'folder') continue
    const suffixName = suffixNameOf(name)
    // Nobody else makes a folder of its name.
    if (suffixName === name && isKnown({ suffixName })) continue
    const instance = (await instanceIn(machine, place)) || undefined
    // Written last: a folder without it may be one that is being made.
    if (isKnown({ instance, suffixName })) continue
    await removeFolder(machine, place)
  }
}
