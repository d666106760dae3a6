import { argumentsOf } from '../api-calls'
import { attempt, type Provocation } from '../provocation'
import { fullInference } from '../stages/fixtures'
import { main, restricted } from '../stages/stages'

const DELETE = ['AICluster.delete_queue']

/** What may not be taken out of a queue. */
export const QUEUE: readonly Provocation[] = [
  {
    rows: [{ code: 308, apis: DELETE }],
    attempts: async (row) => [attempt(row, await main.targets(), argumentsOf(row, { inferenceName: await fullInference() }))],
  },
  {
    rows: [{ code: 900, apis: DELETE }],
    attempts: async (row) => [attempt(row, await restricted.targets(), argumentsOf(row))],
  },
]
