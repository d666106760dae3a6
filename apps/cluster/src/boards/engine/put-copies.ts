import { createReadStream } from 'node:fs'
import { basename, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { CopyEntry } from '@aicluster/protocol'
import { type PlannedEntry, planTree } from '@aicluster/transport'
import type Docker from 'dockerode'
import { type Pack, pack } from 'tar-stream'
import type { BoardWork } from '../board'
import { orMissing } from './engine-replies'

/** Bit of a folder in the mode that the Engine tells. */
const GO_FOLDER = 2 ** 31

/**
 * Copy a file or folder into the file system of a container that has never run. Owned by root there.
 *
 * A folder's content goes into `To`; a file becomes `To`, or goes into it when that ends with a slash or is a folder.
 *
 * @throws InvalidArgumentError (301, 302) as {@link planTree}; what dockerode throws; the signal's reason
 */
export async function putCopy(container: Docker.Container, { From, To }: CopyEntry, { signal, onBytes }: BoardWork): Promise<void> {
  const { entries, bytes } = await planTree(From)
  const isFile = entries[0]?.kind === 'file'
  const into = isFile && (To.endsWith('/') || (await kindOf(container, posix.normalize(To))) === 'folder')
  const root = posix.resolve('/', into ? posix.join(To, basename(From)) : To)
  const tar = pack()
  const parents = await missingParents(container, isFile ? posix.dirname(root) : root)
  const filled = fill(tar, parents, entries, root, onBytes && ((done) => onBytes(done, bytes)))
  filled.catch((error) => tar.destroy(error))
  const sent = container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/', ...(signal ? { abortSignal: signal } : {}) })
  try {
    await Promise.all([filled, sent])
  } finally {
    // Nobody reads it any more: the file that it waits to hand over is closed.
    tar.destroy()
  }
}

async function fill(
  tar: Pack,
  parents: string[],
  entries: PlannedEntry[],
  root: string,
  onDone: ((done: number) => void) | undefined,
): Promise<void> {
  for (const path of parents) tar.entry({ name: `${path.slice(1)}/`, type: 'directory', mode: 0o755 })
  let done = 0
  for (const { from, place, kind, size, mode } of entries) {
    const name = posix.join(root, place).slice(1)
    if (kind === 'file') {
      await pipeline(createReadStream(from), tar.entry({ name, size, mode }) as unknown as NodeJS.WritableStream)
      done += size
      onDone?.(done)
    } else if (place !== '') tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755 })
  }
  tar.finalize()
}

/** Folders that have to be made, from the top down: the Engine would make them so that only root may enter. */
async function missingParents(container: Docker.Container, folder: string): Promise<string[]> {
  const missing: string[] = []
  for (let path = folder; path !== '/'; path = posix.dirname(path)) {
    if ((await kindOf(container, path)) !== undefined) break
    missing.unshift(path)
  }
  return missing
}

async function kindOf(container: Docker.Container, path: string): Promise<'folder' | 'other' | undefined> {
  const reply = (await orMissing(container.infoArchive({ path }))) as { headers?: Record<string, string> } | undefined
  const header = reply?.headers?.['x-docker-container-path-stat']
  if (header === undefined) return undefined
  const { mode = 0 } = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as { mode?: number }
  return mode >= GO_FOLDER ? 'folder' : 'other'
}
