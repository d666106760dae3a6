import { Connector } from '@aicluster/container-sdk'
import { argumentName } from '../expected-error'
import type { Provocation } from '../provocation'
import { openConnector } from '../stages/own-connector'

const RIGHT = { subName: 'own', hostIp: '127.0.0.1', pubPort: 47_102, subPort: 47_103 }

/** One value that is wrong for each argument. */
const WRONG: Record<string, unknown> = { subName: 'no/name', hostIp: 'ipc://relative', pubPort: 70_000, subPort: '80a' }

/** What the Connector itself refuses or ends. */
export const CONNECTOR: readonly Provocation[] = [
  {
    rows: [{ code: 100, apis: ['Connector.__init__'] }],
    attempts: ({ args = [] }) => {
      const names = args.flatMap((list) => list.split(' | ')).map(argumentName)
      return names.flatMap((name) =>
        [undefined, WRONG[name]].map((value) => ({ on: Connector, args: [{ ...RIGHT, [name]: value }], fills: [name] })),
      )
    },
  },
  {
    rows: [{ code: 401, apis: ['Connector.receive_request', 'Connector.receive_request_image'] }],
    attempts: async () => [{ on: await openConnector(), args: [{ timeout: 20 }] }],
  },
]
