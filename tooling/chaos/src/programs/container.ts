// What runs in the containers of a chaos run: returns what it got, after a while, and keeps a journal of what it ran.
// With `parts` in the metadata it sends so many parts before, each after a while.
// Arguments: the shortest and the longest time that a request takes, in ms, and how many it works on at once (0: all it holds).
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connector, type ReceivedRequest } from '@aicluster/container-sdk'
import { ExecutionJournal } from './execution-journal'
import { bytesOfPart, type ChaosPart } from './parts'

const [least = 0, most = 0, concurrency = 0] = process.argv.slice(2).map(Number)
const { CHAOS_EXECUTIONS = '.', AICLUSTER_CONTAINER = 'container' } = process.env

const journal = new ExecutionJournal(CHAOS_EXECUTIONS, AICLUSTER_CONTAINER)
const connector = await Connector.open().catch((error: Error) => {
  // Refused, or nobody there: its manager was killed before it had noted whom it started. The next one starts another.
  process.stderr.write(`cannot begin: ${error.message}\n`)
  process.exit(1)
})

await connector.serve(
  (request) => {
    const { metadata, response } = request
    journal.begins(String(metadata.id), response.requestNo, response.inferenceName)
    return metadata.parts === undefined ? inOne(request) : inParts(request)
  },
  concurrency > 0 ? { concurrency } : {},
)

async function inOne({ data, metadata, signal }: ReceivedRequest): Promise<Uint8Array> {
  if (metadata.hang) await new Promise(() => {})
  await work(signal)
  return data
}

async function* inParts({ data, metadata, signal }: ReceivedRequest): AsyncGenerator<ChaosPart, Uint8Array> {
  const run = randomUUID()
  for (let n = 0; n < Number(metadata.parts); n++) {
    await work(signal)
    yield { id: String(metadata.id), n, run, bytes: bytesOfPart(n) }
  }
  return data
}

/** Work that nobody waits for any more ends early, as a well-behaved program's would. */
async function work(signal: AbortSignal): Promise<void> {
  if (most > 0) await sleep(least + Math.random() * (most - least), undefined, { signal }).catch(() => {})
}
