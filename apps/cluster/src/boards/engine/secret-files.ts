import { posix } from 'node:path'
import type { ContainerSpec } from '../board'
import { boardError } from '../board-error'
import { type ConfigPlace, configError } from '../local/container-errors'
import type { Machine } from '../machine'
import type { ContainerFolders } from './container-folders'
import { CURVE_NAME, TOKEN_NAME } from './container-places'
import type { ImageUser } from './image-user'

/**
 * Put a container's secrets where only its program (and root) can read them: a 0700 folder, files 0400, owned by the image's user.
 * The folder of its files is that user's as well.
 *
 * @param user - undefined: the image names one that it does not have
 * @throws InvalidArgumentError (302) the files cannot be given to that user; SshConnectionError (500)
 */
export async function writeSecrets(
  place: ConfigPlace,
  machine: Machine,
  { spec, folders, user, userName }: { spec: ContainerSpec; folders: ContainerFolders; user: ImageUser | undefined; userName: string },
): Promise<void> {
  if (!user) {
    throw configError(
      place,
      'invalidParameter',
      'image',
      userName,
      'is the user of the image, which has no such user or group: set it by run_option --user UID',
    )
  }
  // Root in a container reads everything; who else shall read it must own it.
  const give = user.uid !== machine.uid && user.uid !== 0
  if (give && machine.uid !== 0) {
    const cure = `is the user of the image (uid ${user.uid}): files can only be given to it by root. Be root on that board, or set run_option --user ${machine.uid}`
    throw configError(place, 'invalidParameter', 'image', userName, cure)
  }
  const owner = give ? { uid: user.uid, gid: user.gid } : {}
  const { files } = machine
  const folder = folders.secret
  await files.makeFolder(folder, 0o700)
  for (const [name, content] of [
    [TOKEN_NAME, spec.token],
    [CURVE_NAME, spec.curve],
  ] as const) {
    const path = posix.join(folder, name)
    if (content === undefined) await files.remove(path)
    else await files.write(path, Buffer.from(content), { mode: 0o400, ...owner })
  }
  // Its working directory too: it may leave files of its own there.
  if (give) await giveFolders(place.board, machine, [folder, folders.app], user)
}

async function giveFolders(board: string, machine: Machine, folders: string[], { uid, gid }: ImageUser): Promise<void> {
  const { code, stderr } = await machine.run(['chown', `${uid}:${gid}`, ...folders])
  if (code !== 0) throw boardError(board, `give ${folders.join(' and ')} to uid ${uid}`, new Error(stderr || `chown ended with ${code}`))
}
