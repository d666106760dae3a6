// What runs in the containers of a chaos run: returns what it got, after a while, and keeps a journal of what it ran.
// Arguments: the shortest and the longest time that a request takes, in ms, and how many it works on at once (0: all it holds).
import { setTimeout as sleep } from 'node:timers/promises'
import { Connector } from '@aicluster/container-sdk'
import { ExecutionJournal } from './execution-journal'

const [least = 0, most = 0, concurrency = 0] = process.argv.slice(2).map(Number)
const { CHAOS_EXECUTIONS = '.', AICLUSTER_CONTAINER = 'container' } = process.env

const journal = new ExecutionJournal(CHAOS_EXECUTIONS, AICLUSTER_CONTAINER)
const connector = await Connector.open().catch((error: Error) => {
  // Refused, or nobody there: its manager was killed before it had noted whom it started. The next one starts another.
  process.stderr.write(`cannot begin: ${error.message}\n`)
  process.exit(1)
})

await connector.serve(
  async ({ data, metadata, response, signal }) => {
    journal.begins(String(metadata.id), response.requestNo, response.inferenceName)
    if (metadata.hang) await new Promise(() => {})
    // Work that nobody waits for any more ends early, as a well-behaved program's would.
    if (most > 0) await sleep(least + Math.random() * (most - least), undefined, { signal }).catch(() => {})
    return data
  },
  concurrency > 0 ? { concurrency } : {},
)
