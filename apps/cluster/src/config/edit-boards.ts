import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { clusterError } from '@aicluster/protocol'
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'
import { parseClusterFile } from './load-cluster-file'

/** One entry of `boards`, as somebody wrote it: nothing filled in. */
export type BoardEntry = Readonly<Record<string, unknown>>

/**
 * Write a further board into a configuration file. Comments and everything else stay.
 *
 * @param others - entries to write too where the file has no `boards`: those that were its default
 * @throws InvalidArgumentError (302) the file cannot be read, written, or would not be valid: it is as it was
 */
export const addToFile = (path: string, entry: BoardEntry, others: readonly BoardEntry[]): Promise<void> =>
  edit(path, (text) => withBoard(path, text, entry, others))

/**
 * Take a board out of a configuration file. One that does not stand there changes nothing.
 * @param others - entries to write where the file has no `boards`: those of its default that stay
 */
export const removeFromFile = (path: string, name: string, others: readonly BoardEntry[]): Promise<void> =>
  edit(path, (text) => withoutBoard(path, text, name, others))

/** The text with one board more. */
export function withBoard(path: string, text: string, entry: BoardEntry, others: readonly BoardEntry[]): string {
  return changed(path, text, (document, boards) => {
    if (boards) boards.add(document.createNode(entry))
    else document.set('boards', document.createNode([...others, entry]))
    return true
  })
}

/** The text without this board. */
export function withoutBoard(path: string, text: string, name: string, others: readonly BoardEntry[]): string {
  return changed(path, text, (document, boards) => {
    const index = boards?.items.findIndex((item) => isMap(item) && (item as YAMLMap).get('name') === name) ?? -1
    if (index >= 0) boards?.delete(index)
    else if (!boards) document.set('boards', document.createNode(others))
    return index >= 0 || !boards
  })
}

function changed(path: string, text: string, change: (document: Document, boards: YAMLSeq | undefined) => boolean): string {
  const document = parseDocument(text)
  if (!isMap(document.contents)) document.contents = document.createNode({}) as never
  const boards = document.get('boards')
  if (!change(document, isSeq(boards) ? boards : undefined)) return text
  // A file of JSON stays one.
  const result = path.endsWith('.json') ? `${JSON.stringify(document.toJS(), null, 2)}\n` : document.toString({ lineWidth: 0 })
  parseClusterFile(path, result)
  return result
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  try {
    const file = await realpath(path)
    const before = await readFile(file, 'utf8')
    const after = change(before)
    if (after === before) return
    const beside = `${file}.${process.pid}.new`
    try {
      await writeFile(beside, after, { mode: 0o600 })
      await chmod(beside, (await stat(file)).mode & 0o777)
      await rename(beside, file)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw clusterError('invalidParameter', {
      detail: `the configuration file ${path} cannot be changed: ${reason}. Mend that, or change the boards of this manager alone (--no-write)`,
      details: { file: path },
      cause,
    })
  }
}
