import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { AIClusterError } from '@aicluster/protocol'
import type Docker from 'dockerode'
import { pack } from 'tar-stream'
import type { Machine, MachineFiles } from '../machine'
import { HELPER_LABEL } from './container-labels'
import { unlessSo, wordsOf } from './engine-replies'
import { bytesOf } from './reply-bytes'

/** Where the helper container would see the folder's parent. */
const PARENT = '/parent'

/** An Engine's reply to an import is short. */
const MAX_REPLY_BYTES = 1024 * 1024
/** Helpers that are in use now, and how often. */
const atWork = new Map<string, number>()

/** A digest: labels of images are written as lines of a Dockerfile, and a path may hold anything. */
const helperOf = (parent: string): string => createHash('sha256').update(parent).digest('hex')

/** Of a machine: what a removal needs. */
type Removing = Pick<Machine, 'engine' | 'uid'> & { files: Pick<MachineFiles, 'remove' | 'kind'> }

/**
 * Delete a folder of ours, with all it holds; nothing happens when it is not there.
 *
 * A container's root user may have left folders in it that are root's on the machine too: who is not root there has the Engine delete them.
 * @throws SshConnectionError (500) what could not be deleted
 */
export async function removeFolder({ files, engine, uid }: Removing, path: string): Promise<void> {
  try {
    await files.remove(path)
  } catch (error) {
    // Asked again, a machine that is gone says so.
    if (uid === 0 || (await files.kind(path)) !== 'folder') throw error
    await replaceByEngine(engine, path).catch((cause) => {
      if (cause instanceof AIClusterError) throw cause
      throw new Error(
        `delete ${JSON.stringify(path)}: a container's root user has left files there, and the Engine says: ${wordsOf(cause)}`,
        {
          cause,
        },
      )
    })
    await files.remove(path)
  }
}

/**
 * A manager that died while it had an Engine delete a folder has left what that took.
 * @param parent - the folder whose folders were deleted
 */
export async function removeHelpers(engine: Docker, parent: string): Promise<void> {
  const helper = helperOf(parent)
  if (atWork.has(helper)) return
  const filters = { label: [`${HELPER_LABEL}=${helper}`] }
  for (const { Id } of await engine.listContainers({ all: true, filters })) await unlessSo(engine.getContainer(Id).remove({ force: true }))
  for (const { Id } of await engine.listImages({ all: true, filters })) await unlessSo(engine.getImage(Id).remove())
}

/** An Engine unpacks as root, and what is no folder takes the place of a folder: an empty file does here. No program is run, no image needed. */
async function replaceByEngine(engine: Docker, path: string): Promise<void> {
  const helper = helperOf(posix.dirname(path))
  atWork.set(helper, (atWork.get(helper) ?? 0) + 1)
  try {
    await replaceBy(helper, engine, path)
  } finally {
    const left = (atWork.get(helper) ?? 1) - 1
    if (left > 0) atWork.set(helper, left)
    else atWork.delete(helper)
  }
}

async function replaceBy(helper: string, engine: Docker, path: string): Promise<void> {
  const image = await importNothing(engine, helper)
  try {
    const container = await engine.createContainer({
      Image: image,
      Cmd: ['nothing'],
      Labels: { [HELPER_LABEL]: helper },
      NetworkDisabled: true,
      HostConfig: { Mounts: [{ Type: 'bind', Source: posix.dirname(path), Target: PARENT }] },
    })
    try {
      const tar = pack()
      tar.entry({ name: posix.basename(path), mode: 0o600 }, '')
      tar.finalize()
      await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: PARENT })
    } finally {
      await unlessSo(container.remove({ force: true }))
    }
  } finally {
    await unlessSo(engine.getImage(image).remove())
  }
}

/** @returns the id of a new image with no files and no name */
async function importNothing(engine: Docker, helper: string): Promise<string> {
  const tar = pack()
  tar.finalize()
  const reply = await engine.importImage(tar as unknown as NodeJS.ReadableStream, { changes: `LABEL ${HELPER_LABEL}=${helper}` })
  const said = (await bytesOf(reply, MAX_REPLY_BYTES)).toString('utf8')
  const id = /"status":"(sha256:[0-9a-f]{64})"/.exec(said)?.[1]
  if (id === undefined) throw new Error(`no image could be made: ${said.slice(0, 200).trim()}`)
  return id
}
