import { pipeline } from 'node:stream/promises'
import type Docker from 'dockerode'
import { extract } from 'tar-stream'
import { orMissing } from './engine-replies'
import { atMost } from './reply-bytes'

/** Larger files are no lists of users. */
const MAX_FILE_BYTES = 1024 * 1024
/** One file in a tar; an Engine may send anything. */
const MAX_ARCHIVE_BYTES = 16 * 1024 * 1024

export interface ImageUser {
  uid: number
  gid: number
}

/**
 * Who a container's program is: `User` of its config (`1000`, `worker`, `worker:video`), looked up in the container's own files.
 * @returns undefined for a name that is not there
 */
export async function imageUser(container: Docker.Container, user: string): Promise<ImageUser | undefined> {
  const [name = '', group] = user.split(':')
  if (name === '') return { uid: 0, gid: 0 }
  const entry = isNumber(name)
    ? { uid: Number(name), gid: isNumber(group) ? 0 : await groupOfUid(container, name) }
    : passwdEntry(await fileOf(container, '/etc/passwd'), ([first]) => first === name)
  if (!entry) return undefined
  if (group === undefined || group === '') return entry
  const gid = isNumber(group) ? Number(group) : groupEntry(await fileOf(container, '/etc/group'), group)
  return gid === undefined ? undefined : { uid: entry.uid, gid }
}

const isNumber = (text: string | undefined): boolean => text !== undefined && /^\d{1,9}$/.test(text)

const groupOfUid = async (container: Docker.Container, uid: string): Promise<number> =>
  passwdEntry(await fileOf(container, '/etc/passwd'), (fields) => fields[2] === uid)?.gid ?? 0

const rows = (text: string): string[][] => text.split('\n').map((line) => line.split(':'))

function passwdEntry(text: string, matches: (fields: string[]) => boolean): ImageUser | undefined {
  const fields = rows(text).find(matches)
  return fields && isNumber(fields[2]) && isNumber(fields[3]) ? { uid: Number(fields[2]), gid: Number(fields[3]) } : undefined
}

function groupEntry(text: string, name: string): number | undefined {
  const fields = rows(text).find(([first]) => first === name)
  return fields && isNumber(fields[2]) ? Number(fields[2]) : undefined
}

/** A file of a container that need not run; empty where there is none. */
async function fileOf(container: Docker.Container, path: string): Promise<string> {
  const archive = await orMissing(container.getArchive({ path }))
  if (!archive) return ''
  const tar = extract()
  // What it throws ends the tar, and so the loop below.
  pipeline(atMost(archive, MAX_ARCHIVE_BYTES), tar).catch(() => {})
  let text = ''
  for await (const entry of tar) {
    for await (const chunk of entry) if (text.length < MAX_FILE_BYTES) text += String(chunk)
  }
  return text
}
