import { posix } from 'node:path'
import type { Logger } from 'pino'
import type { Machine } from '../machine'
import { allFolder, suffixNameOf } from './container-folders'
import { BOARD_LABEL, CLUSTER_LABEL, CONTAINER_LABEL, INSTANCE_LABEL } from './container-labels'
import { unlessSo } from './engine-replies'
import { removeFolder } from './remove-folder'

export interface SweepOptions {
  clusterId: string
  board: string
  /** Whether the cluster has a board of this name now: what carries it is that board's. */
  isBoard(name: string): boolean
  /** Where the folders of all containers lie. */
  folder: string
  logger: Logger
  /** Whether an instance is known, or being made. */
  keeps(instance: string): boolean
  /** Whether a container of this name is being made, or held: its folders may not say yet whose they are. */
  isHeld(suffixName: string): boolean
}

/** Remove the containers and folders of this cluster on this board that nobody knows any more. Everything else on the Engine stays. */
export async function sweepEngine(machine: Machine, options: SweepOptions): Promise<void> {
  const { clusterId, board, isBoard, folder, logger, keeps, isHeld } = options
  const { engine, files } = machine
  // Not of this board alone: it may have had another name.
  const label = [`${CLUSTER_LABEL}=${clusterId}`]
  for (const { Id, Labels } of await engine.listContainers({ all: true, filters: { label } })) {
    const its = Labels[BOARD_LABEL] ?? board
    if (its !== board && isBoard(its)) continue
    if (keeps(Labels[INSTANCE_LABEL] ?? '')) continue
    logger.warn({ container: Labels[CONTAINER_LABEL] }, 'removing a container that an earlier manager left')
    await unlessSo(engine.getContainer(Id).remove({ force: true, v: true }))
  }
  const all = allFolder(machine, folder)
  for (const name of await files.list(all)) {
    const place = posix.join(all, name)
    if ((await files.kind(place)) !== 'folder') continue
    const instance = (await files.read(posix.join(place, 'instance'), 1024))?.toString('utf8') ?? ''
    // Written last: a folder without it may be one that is being made.
    if (instance === '' ? isHeld(suffixNameOf(name)) : keeps(instance)) continue
    await removeFolder(machine, place)
  }
}
