import { eventually } from '../../worlds/eventually'
import { argumentsOf } from '../api-calls'
import type { ErrorRow } from '../error-table'
import { type Attempt, attempt, type Provocation } from '../provocation'
import { fullInference, loaded, stuckInference } from '../stages/fixtures'
import { main } from '../stages/stages'

const REQUESTS = ['AICluster.infer', 'AICluster.infer_image']

const request = async (row: ErrorRow, inferenceName: string, param: object = {}, more: Partial<Attempt> = {}): Promise<Attempt[]> => [
  attempt(row, await main.targets(), argumentsOf(row, { inferenceName, param }), more),
]

let deaths = 0

/** A container that is killed while it holds the request. Another one each time: this one is only started again after a pause. */
async function killedContainer(row: ErrorRow): Promise<Attempt[]> {
  const world = await main.world()
  const name = `killed-${++deaths}`
  await world.load('gated', name)
  const { [`${name}-board1`]: pid = 0 } = await world.pids(name)
  return request(
    row,
    name,
    { tag: name },
    {
      meanwhile: async () => {
        await eventually('the container to have the request', () => world.gates.sawBeginOf(name))
        process.kill(pid, 'SIGKILL')
      },
      afterwards: () => world.cluster.unloadInference({ inferenceName: name }),
    },
  )
}

/** What may become of a request. */
export const INFERENCE: readonly Provocation[] = [
  { rows: [{ code: 305, apis: REQUESTS }], attempts: async (row) => request(row, await fullInference()) },
  { rows: [{ code: 306, apis: REQUESTS }], attempts: async (row) => request(row, await stuckInference()) },
  { rows: [{ code: 400, apis: REQUESTS }], attempts: (row) => request(row, 'unknown') },
  {
    rows: [{ code: 401, apis: REQUESTS }],
    attempts: async (row) => request(row, await loaded('slow', 'late', { waitQueueTimeout: 30, maxSendNum: 100 }), { ms: 200 }),
  },
  { rows: [{ code: 402, apis: REQUESTS }], attempts: killedContainer },
  {
    rows: [{ code: 403, apis: REQUESTS }],
    attempts: async (row) => {
      const name = await loaded('echo', 'deaf', { input: null, output: 'Main' })
      return request(row, name, {}, { fills: [name] })
    },
  },
]
