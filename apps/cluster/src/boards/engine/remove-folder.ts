import { posix } from 'node:path'
import { AIClusterError } from '@aicluster/protocol'
import type Docker from 'dockerode'
import { pack } from 'tar-stream'
import type { Machine, MachineFiles } from '../machine'
import { unlessSo, wordsOf } from './engine-replies'
import { bytesOf } from './reply-bytes'

/** Where the helper container would see the folder's parent. */
const PARENT = '/parent'

/** An Engine's reply to an import is short. */
const MAX_REPLY_BYTES = 1024 * 1024

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

/** An Engine unpacks as root, and what is no folder takes the place of a folder: an empty file does here. No program is run, no image needed. */
async function replaceByEngine(engine: Docker, path: string): Promise<void> {
  const image = await importNothing(engine)
  try {
    const container = await engine.createContainer({
      Image: image,
      Cmd: ['nothing'],
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
async function importNothing(engine: Docker): Promise<string> {
  const tar = pack()
  tar.finalize()
  const reply = await engine.importImage(tar as unknown as NodeJS.ReadableStream)
  const said = (await bytesOf(reply, MAX_REPLY_BYTES)).toString('utf8')
  const id = /"status":"(sha256:[0-9a-f]{64})"/.exec(said)?.[1]
  if (id === undefined) throw new Error(`no image could be made: ${said.slice(0, 200).trim()}`)
  return id
}
