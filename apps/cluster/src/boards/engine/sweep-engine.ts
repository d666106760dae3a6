import { posix } from 'node:path'
import type { Logger } from 'pino'
import type { Machine } from '../machine'
import { allFolder, instanceIn, suffixNameOf } from './container-folders'
import { BOARD_LABEL, CLUSTER_LABEL, CONTAINER_LABEL, INSTANCE_LABEL } from './container-labels'
import { unlessSo } from './engine-replies'
import { removeFolder } from './remove-folder'

export interface SweepOptions {
  clusterId: string
  board: string
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
  const { clusterId, board, folder, logger, keeps, isHeld } = options
  const { engine, files } = machine
  const label = [`${CLUSTER_LABEL}=${clusterId}`, `${BOARD_LABEL}=${board}`]
  for (const { Id, Labels } of await engine.listContainers({ all: true, filters: { label } })) {
    if (keeps(Labels[INSTANCE_LABEL] ?? '')) continue
    logger.warn({ container: Labels[CONTAINER_LABEL] }, 'removing a container that an earlier manager left')
    await unlessSo(engine.getContainer(Id).remove({ force: true, v: true }))
  }
  const all = allFolder(machine, folder)
  for (const name of await files.list(all)) {
    const place = posix.join(all, name)
    if ((await files.kind(place)) !== 'folder') continue
    const instance = (await instanceIn(machine, place)) ?? ''
    // Written last: a folder without it may be one that is being made.
    if (instance === '' ? isHeld(suffixNameOf(name)) : keeps(instance)) continue
    await removeFolder(machine, place)
  }
}
