import { randomBytes } from 'node:crypto'
import type Docker from 'dockerode'
import { boardError } from '../board-error'
import { CLUSTER_LABEL } from '../engine/container-labels'
import { orMissing } from '../engine/engine-replies'
import { cleanText } from '../plain-cause'
import type { Owner } from './own-machine'

/** An empty volume whose labels say whose the Engine is: there for every user of the machine, and gone with what the Engine has. */
const MARK = 'aicluster-owner'
const OWNER_LABEL = 'io.aicluster.owner'
/** Random: no other Engine has it. */
const ENGINE_LABEL = 'io.aicluster.engine'

const MAX_TEXT = 512

/** Which Engine is the board of which name, by their marks: as long as the manager lives. */
export type KnownEngines = Map<string, string>

/**
 * Make an Engine ours: the first cluster that comes marks it. Where it cannot be marked, nobody is kept out: its disk may be full.
 *
 * @throws SshConnectionError (500): another cluster has it, or another board of this one; `details.reason` is `owner`
 */
export async function ownEngine(engine: Docker, board: string, mine: Owner): Promise<void> {
  const labels = (await labelsOf(engine)) ?? (await mark(engine, mine))
  requireOurs(board, labels, mine)
  const id = labels?.[ENGINE_LABEL]
  if (id !== undefined) mine.engines?.set(id, board)
}

/** Look whether an Engine is still ours; one whose mark is gone is. @throws SshConnectionError (500) see {@link ownEngine} */
export async function requireOwnEngine(engine: Docker, board: string, mine: Owner): Promise<void> {
  requireOurs(board, await labelsOf(engine), mine)
}

/** Another cluster may take the Engine from now on. One that is not ours is left alone. */
export async function disownEngine(engine: Docker, mine: Owner): Promise<void> {
  const labels = await labelsOf(engine)
  if (labels?.[CLUSTER_LABEL] === mine.clusterId) await engine.getVolume(MARK).remove()
}

function requireOurs(board: string, labels: Labels | undefined, mine: Owner): void {
  const doing = 'take it into the cluster'
  const theirs = labels?.[CLUSTER_LABEL]
  if (theirs !== undefined && theirs !== mine.clusterId) {
    const id = cleanText(theirs, MAX_TEXT)
    const name = cleanText(labels?.[OWNER_LABEL] ?? '', MAX_TEXT)
    const cause = `its Docker Engine belongs to the cluster ${id}${name ? ` (${name})` : ''}, this one is ${mine.clusterId}; if that cluster is gone, or shall let it go: remove the board there, then docker volume rm ${MARK} on it`
    throw boardError(board, doing, cause, { reason: 'owner', cluster_id: id })
  }
  const twin = mine.engines?.get(labels?.[ENGINE_LABEL] ?? '')
  if (twin !== undefined && twin !== board && mine.isBoard?.(twin)) {
    const cause = `its Docker Engine is that of board "${twin}" already, and one machine is one board: remove one of them, or, if it is a copy of that machine, docker volume rm ${MARK} on it`
    throw boardError(board, doing, cause, { reason: 'owner', cluster_id: mine.clusterId, twin })
  }
}

type Labels = Readonly<Record<string, string>>

/** Undefined where it has no mark, or does not tell. */
async function labelsOf(engine: Docker): Promise<Labels | undefined> {
  const volume = await orMissing(engine.getVolume(MARK).inspect()).catch(() => undefined)
  return volume && (volume.Labels ?? {})
}

async function mark(engine: Docker, { clusterId, name }: Owner): Promise<Labels | undefined> {
  const Labels = { [CLUSTER_LABEL]: clusterId, [OWNER_LABEL]: name, [ENGINE_LABEL]: randomBytes(16).toString('hex') }
  await engine.createVolume({ Name: MARK, Labels }).catch(() => undefined)
  // Two that came at the same time: the first one's stays.
  return labelsOf(engine)
}
