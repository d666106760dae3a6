import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Where, inside a folder of sockets, those of containers are. Containers on this machine's Engine have this folder mounted, with
 * nothing in it but what is theirs; outside of them it is as private as the folder around it.
 */
export const containerSockets = (folder: string): string => join(folder, 'c')

/**
 * Make a private folder for sockets, with a {@link containerSockets} that every user of a container may pass. One that is there stays
 * the same folder, without what was in it: containers that an earlier manager has started see no other one.
 */
export async function openSocketFolder(folder: string): Promise<void> {
  // Else somebody may have prepared it.
  if (!(await isPrivate(folder))) {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { mode: 0o700 })
  }
  const inner = containerSockets(folder)
  await removeSockets(folder)
  await mkdir(inner, { recursive: true })
  // Whatever the umask.
  await chmod(inner, 0o755)
}

/** What {@link openSocketFolder} has made is gone, but for the folder itself where containers are to find the next manager. */
export const closeSocketFolder = (folder: string, containersStay: boolean): Promise<void> =>
  containersStay ? removeSockets(folder) : rm(folder, { recursive: true, force: true })

async function removeSockets(folder: string): Promise<void> {
  const inner = containerSockets(folder)
  const within = async (place: string) => (await readdir(place).catch(() => [])).map((name) => join(place, name))
  const paths = [...(await within(folder)), ...(await within(inner))].filter((path) => path !== inner)
  for (const path of paths) await rm(path, { recursive: true, force: true })
}

async function isPrivate(folder: string): Promise<boolean> {
  const stats = await lstat(folder).catch(() => undefined)
  return stats?.isDirectory() === true && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0
}
