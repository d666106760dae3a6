import { basename, isAbsolute, resolve } from 'node:path/posix'
import { clusterError, MAX_TREE_DEPTH, MAX_TREE_ENTRIES } from '@aicluster/protocol'
import { z } from 'zod'
import type { Content } from './content-store'

const MAX_PLACE_CHARACTERS = 4096
const MAX_NAME_BYTES = 255

const Entry = z.union([
  z.strictObject({ place: z.string().max(MAX_PLACE_CHARACTERS), kind: z.literal('folder') }),
  z.strictObject({
    place: z.string().max(MAX_PLACE_CHARACTERS),
    kind: z.literal('file'),
    size: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    executable: z.boolean(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
  }),
])
type Entry = z.infer<typeof Entry>

const TreeList = z.strictObject({
  version: z.literal(1),
  /** On the application's machine. */
  path: z.string().min(1).max(4096),
  /** The tree itself, `''`, first; each folder before what is in it. */
  entries: z.array(Entry).min(1).max(MAX_TREE_ENTRIES),
})

/** What a file or folder of an application is made of. */
export type TreeList = z.infer<typeof TreeList>

/**
 * Read a tree's list, which comes from outside: every place lies below the tree, in a folder that was listed before it.
 * @throws InvalidArgumentError (302) naming what is wrong
 */
export function parseTreeList(bytes: Uint8Array): TreeList {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw refuse(`is not JSON: ${(cause as Error).message}`)
  }
  const parsed = TreeList.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refuse(`${issue?.path.join('.')}: ${issue?.message}`)
  }
  const list = parsed.data
  const wrongPath = whatIsWrongWith(list.path)
  if (wrongPath) throw refuse(`is that of ${shown(list.path)}, which ${wrongPath}`)
  const [root, ...inside] = list.entries as [Entry, ...Entry[]]
  if (root.place !== '') throw refuse(`begins with ${shown(root.place)}, not with the tree itself ("")`)
  if (inside.length > 0 && root.kind === 'file') throw refuse('has places below a file')
  const kinds = new Map([['', root.kind]])
  for (const { place, kind } of inside) {
    const wrong = wrongPlace(place, kinds)
    if (wrong) throw refuse(`place ${shown(place)} ${wrong}`)
    kinds.set(place, kind)
  }
  return list
}

/** The tree lies under a name that is taken from the path. */
function whatIsWrongWith(path: string): string | undefined {
  if (!isAbsolute(path)) return 'is not absolute'
  if (path.includes('\0')) return 'holds a NUL character'
  if (Buffer.byteLength(nameOf(path)) > MAX_NAME_BYTES) return `has a name of more than ${MAX_NAME_BYTES} bytes`
  return undefined
}

function wrongPlace(place: string, kinds: ReadonlyMap<string, Entry['kind']>): string | undefined {
  const parts = place.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'is empty or absolute, or has a part that is empty, "." or ".."'
  if (place.includes('\0')) return 'holds a NUL character'
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) return `has a part of more than ${MAX_NAME_BYTES} bytes`
  if (parts.length > MAX_TREE_DEPTH) return `lies deeper than ${MAX_TREE_DEPTH} folders`
  if (kinds.has(place)) return 'is listed twice'
  if (kinds.get(parts.slice(0, -1).join('/')) !== 'folder') return 'is in no folder that was listed before it'
  return undefined
}

/** Every content of a tree, once. */
export function contentsOf({ entries }: TreeList): Content[] {
  const contents = new Map<string, Content>()
  for (const entry of entries) {
    if (entry.kind === 'folder') continue
    const { sha256, size, executable } = entry
    contents.set(`${sha256} ${executable}`, { sha256, size, executable })
  }
  return [...contents.values()]
}

/**
 * What a file or folder at this path is called: one part of a path, whatever parts the path has (`/app/x/..` and `/app/scripts/` are
 * folders that applications name). Files go into a container under their own names.
 */
export function nameOf(path: string): string {
  const name = basename(resolve('/', path))
  return name === '' ? 'files' : name
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 200))

const refuse = (what: string): Error => clusterError('invalidParameter', { detail: `the list of a tree ${what}` })
