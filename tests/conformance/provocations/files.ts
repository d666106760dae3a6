import { argumentsOf } from '../api-calls'
import { attempt, type Provocation } from '../provocation'
import { loaded } from '../stages/fixtures'
import { main } from '../stages/stages'

const PUT = ['AICluster.put_file']
const NOWHERE = '/nowhere/model.onnx'

/** Files that cannot be put. */
export const FILES: readonly Provocation[] = [
  {
    rows: [{ code: 101, apis: PUT }],
    attempts: async (row) => [
      attempt(row, await main.targets(), argumentsOf(row, { fileInfo: { scripts: NOWHERE } }), { fills: ['scripts'] }),
    ],
  },
  {
    rows: [{ code: 301, apis: PUT }],
    attempts: async (row) => {
      const targets = await main.targets()
      const inferenceName = await loaded('echo', 'filed')
      const lists = [{ model: NOWHERE }, { script: ['/etc/hostname', NOWHERE] }]
      return lists.map((fileInfo) => attempt(row, targets, argumentsOf(row, { inferenceName, fileInfo })))
    },
  },
]
