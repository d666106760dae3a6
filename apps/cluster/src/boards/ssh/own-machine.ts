import { z } from 'zod'
import { boardError } from '../board-error'
import type { Machine } from '../machine'
import type { KnownEngines } from './engine-mark'

/** Larger is none of ours. */
const MAX_OWNER_BYTES = 4096

/** Which cluster a machine's containers belong to: one at a time, and of that the manager that started last. */
export interface Owner {
  clusterId: string
  /** Life of the manager, counted from 1. */
  epoch: number
  /** What people call it, for messages: host and state folder of the manager. */
  name: string
  /** Whether the cluster has a board of this name now. Left out: no other one. */
  isBoard?: (name: string) => boolean
  /** Which Engines its boards have. Left out: they are not compared. */
  engines?: KnownEngines
}

/** What the file on the machine says. */
interface WrittenOwner extends Pick<Owner, 'clusterId' | 'epoch' | 'name'> {
  /** As which of its boards; undefined: it does not say. */
  board: string | undefined
}

const OwnerFile = z.object({
  cluster_id: z.string().max(128),
  epoch: z.number().int().min(0),
  name: z.string().max(512).optional(),
  board: z.string().max(128).optional(),
})

/** Absolute, on the machine. */
const ownerPath = (machine: Pick<Machine, 'home'>, folder: string): string => `${machine.home}/${folder}/owner.json`

/**
 * Make a machine ours, or see that it still is. What is broken in the file counts as nobody's.
 *
 * @throws SshConnectionError (500): it belongs to another cluster, a later manager of this one has it, or it is another board of this
 * one already; `details.reason` is `owner`
 */
export async function ownMachine(machine: Machine, board: string, folder: string, mine: Owner): Promise<void> {
  const path = ownerPath(machine, folder)
  const theirs = await readOwner(machine, path)
  requireOurs(board, path, theirs, mine)
  if (theirs?.clusterId === mine.clusterId && theirs.epoch === mine.epoch && theirs.board === board) return
  await machine.files.makeFolder(path.slice(0, path.lastIndexOf('/')), 0o700)
  const content = { cluster_id: mine.clusterId, epoch: mine.epoch, name: mine.name, board }
  await machine.files.write(path, Buffer.from(`${JSON.stringify(content)}\n`))
  // Two that came at the same time: the file says whose it is.
  requireOurs(board, path, await readOwner(machine, path), mine)
}

/** Look whether a machine is still ours; one whose file is gone is. @throws SshConnectionError (500) see {@link ownMachine} */
export async function requireOwned(machine: Machine, board: string, folder: string, mine: Owner): Promise<void> {
  const path = ownerPath(machine, folder)
  requireOurs(board, path, await readOwner(machine, path), mine)
}

/** Another cluster may take the machine from now on. One that is not ours is left alone. */
export async function disownMachine(machine: Machine, folder: string, mine: Owner): Promise<void> {
  const path = ownerPath(machine, folder)
  const owner = await readOwner(machine, path)
  if (owner?.clusterId === mine.clusterId && owner.epoch <= mine.epoch) await machine.files.remove(path)
}

function requireOurs(board: string, path: string, theirs: WrittenOwner | undefined, mine: Owner): void {
  if (!theirs) return
  const doing = 'take it into the cluster'
  const details = { reason: 'owner', cluster_id: theirs.clusterId }
  if (theirs.clusterId !== mine.clusterId) {
    const cause = `it belongs to the cluster ${theirs.clusterId}${theirs.name ? ` (${theirs.name})` : ''}, this one is ${mine.clusterId}; if that cluster is gone, or shall let it go: remove the board there, then delete ${path} on it`
    throw boardError(board, doing, cause, details)
  }
  if (theirs.epoch > mine.epoch) {
    const cause = `a later manager of this cluster (epoch ${theirs.epoch}${theirs.name ? `, ${theirs.name}` : ''}) has it, this one is of epoch ${mine.epoch}: stop one of them`
    throw boardError(board, doing, cause, { ...details, epoch: theirs.epoch })
  }
  // Of an earlier manager it says nothing: the board may have been given another name.
  const twin = theirs.epoch === mine.epoch && theirs.board !== board ? theirs.board : undefined
  if (twin !== undefined && mine.isBoard?.(twin)) {
    const cause = `it is the machine of board "${twin}" already, and one machine is one board: remove one of them`
    throw boardError(board, doing, cause, { ...details, twin })
  }
}

async function readOwner(machine: Machine, path: string): Promise<WrittenOwner | undefined> {
  const content = await machine.files.read(path, MAX_OWNER_BYTES)
  if (!content) return undefined
  try {
    const { cluster_id, epoch, name = '', board } = OwnerFile.parse(JSON.parse(content.toString('utf8')))
    const printable = (text: string) => text.replace(/\p{Cc}/gu, '?')
    return { clusterId: printable(cluster_id), epoch, name: printable(name), board: board && printable(board) }
  } catch {
    return undefined
  }
}
