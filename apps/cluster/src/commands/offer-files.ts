import { type AIClusterError, type CommandOf, clusterError, type OfferView } from '@aicluster/protocol'
import { configError } from '../boards/local/container-errors'
import type { ControlPlane } from '../control-plane/control-plane'
import type { CommandCall } from './command-call'
import { readablePaths } from './file-roots'
import { unreadable } from './given-files'
import { pathsOfLoad } from './load-inference'
import { pathsOfPut } from './put-file'
import { seesItself } from './sees-itself'

type Offer = CommandOf<'offer_files'>

/**
 * Say which files of a command have to be sent before it. What the manager sees itself, and may read, it reads itself: then
 * application and manager share a disk. What is wrong with the command is said before anything travels.
 */
export async function offerFiles(plane: ControlPlane, { command, files }: Offer, call: CommandCall): Promise<OfferView> {
  const needed = await neededPaths(plane, command, call)
  const mayRead = await readablePaths(plane.options.config)
  const wanted: string[] = []
  for (const file of files) {
    const refuse = needed.get(file.path)
    if (!refuse) continue
    if ('unreadable' in file) throw refuse(file.unreadable)
    const isHere = (await mayRead(file.path)) && (await seesItself(file.path, file.seen))
    if (!isHere) wanted.push(file.path)
  }
  return { wanted }
}

/** What the command reads, and the error of a path that cannot be read. */
async function neededPaths(
  plane: ControlPlane,
  command: Offer['command'],
  call: CommandCall,
): Promise<Map<string, (reason: string) => AIClusterError>> {
  const needed = new Map<string, (reason: string) => AIClusterError>()
  if (command.files) throw clusterError('invalidParameter', { detail: 'offer_files: its command has files already' })
  if (command.cmd === 'put_file') {
    for (const file of await pathsOfPut(plane, command, call)) needed.set(file.path, (reason) => unreadable(file, reason))
    return needed
  }
  for (const { field, path, board, name } of await pathsOfLoad(plane, command, call)) {
    if (!needed.has(path)) needed.set(path, (reason) => configError({ board, name }, 'configFileUnreadable', field, path, reason))
  }
  return needed
}
