import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rigObstacle } from './obstacle'
import { Rig, type UpOptions } from './rig'
import { RigError } from './rig-error'
import { OWNED_SUBNETS } from './rig-names'

/** What takes longer, naming a rig's owner or taking a rig down, was begun by somebody who died in between. */
const DONE_WITHIN_MS = 60_000

/**
 * A rig that lasts no longer than this process, on a network that nobody else uses. Take it down at the end; what an owner that was
 * killed has left is taken down by the next one.
 *
 * @throws RigError what is missing on this machine and the cure, or what a board said when it did not start
 */
export async function startOwnedRig(count: number, options?: UpOptions): Promise<Rig> {
  const obstacle = await rigObstacle()
  if (obstacle !== undefined) throw new RigError(obstacle)
  await takeDownOrphans()
  const rig = await claim()
  try {
    await rig.up(count, options)
    return rig
  } catch (error) {
    await rig.down()
    throw error
  }
}

const ownerFile = (rig: Rig): string => join(rig.folder, 'owner')

/** A process number alone may be another process's by now. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** Who makes the folder has the network. */
async function claim(): Promise<Rig> {
  for (const subnet of OWNED_SUBNETS) {
    const rig = new Rig({ subnet })
    await mkdir(dirname(rig.folder), { recursive: true })
    const made = await mkdir(rig.folder, { mode: 0o700 }).then(
      () => true,
      () => false,
    )
    if (!made) continue
    await writeFile(ownerFile(rig), `${process.pid} ${await startOf(process.pid)}`)
    return rig
  }
  throw new RigError(`no network is free from ${OWNED_SUBNETS[0]} to ${OWNED_SUBNETS.at(-1)}`)
}

async function takeDownOrphans(): Promise<void> {
  const folder = dirname(new Rig().folder)
  const names = new Set(await readdir(folder).catch(() => []))
  for (const subnet of OWNED_SUBNETS.filter((name) => names.has(name))) {
    const rig = new Rig({ subnet })
    if ((await isOrphan(rig)) && (await isOurs(rig))) await rig.down()
  }
}

async function isOrphan(rig: Rig): Promise<boolean> {
  const owner = await readFile(ownerFile(rig), 'utf8').catch(() => undefined)
  // One with boards was brought up by `npm run rig`, and stays until somebody takes it down.
  if (owner === undefined) return rig.boards().length === 0 && isOlderThan(rig.folder, DONE_WITHIN_MS)
  const [pid, start] = owner.split(' ')
  return (await startOf(Number(pid))) !== start
}

/** One of those who find it at the same time takes it down. */
async function isOurs(rig: Rig): Promise<boolean> {
  const mark = join(rig.folder, 'going-down')
  if (await isOlderThan(mark, DONE_WITHIN_MS)) return true
  return mkdir(mark).then(
    () => true,
    () => false,
  )
}

async function isOlderThan(path: string, ms: number): Promise<boolean> {
  const made = await stat(path).catch(() => undefined)
  return made !== undefined && Date.now() - made.mtimeMs > ms
}
