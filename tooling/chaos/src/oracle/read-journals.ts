import { createReadStream, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Execution, RequestRecord } from './request-record'

/**
 * What one application process has written down; see `RequestJournal`.
 * @returns its requests, by id
 */
export async function readRequests(path: string): Promise<Map<string, RequestRecord>> {
  const requests = new Map<string, RequestRecord>()
  for await (const line of linesOf(path)) {
    const [what, id = '', at = '', fourth = '', fifth = ''] = line.split(' ')
    const atMs = Number(at)
    if (what === 'sent') {
      requests.set(id, { id, inference: fifth, sentAtMs: atMs, deadlineAtMs: Number(fourth), outcomes: [], lines: [line] })
      continue
    }
    const request = requests.get(id)
    if (!request) continue
    request.lines.push(line)
    if (what === 'result') request.outcomes.push({ kind: what, atMs })
    else if (what === 'error' || what === 'refused') request.outcomes.push({ kind: what, atMs, code: Number(fourth), requestNo: fifth })
    else if (what === 'wrong') request.outcomes.push({ kind: what, atMs, why: fourth })
  }
  return requests
}

/** What an application has noted beside its requests, and how often: `load`, `unload failed: 313`. */
export async function readNotes(path: string): Promise<Record<string, number>> {
  const notes: Record<string, number> = {}
  for await (const line of linesOf(path)) {
    if (!line.startsWith('note ')) continue
    const what = line.split(' ').slice(3).join(' ').replaceAll('_', ' ')
    notes[what] = (notes[what] ?? 0) + 1
  }
  return notes
}

/** What all containers have written down; see `ExecutionJournal`. By the id of the request. */
export async function readExecutions(folder: string): Promise<Map<string, Execution[]>> {
  const executions = new Map<string, Execution[]>()
  for (const file of readdirSync(folder)) {
    // The process in it has its own file.
    const container = basename(file, '.log').replace(/-\d+$/, '')
    for await (const line of linesOf(join(folder, file))) {
      const [id = '', requestNo = '', , at = ''] = line.split(' ')
      const others = executions.get(id)
      const execution = { id, requestNo, container, atMs: Number(at) }
      if (others) others.push(execution)
      else executions.set(id, [execution])
    }
  }
  return executions
}

/** One after another. */
export const linesOf = (path: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
