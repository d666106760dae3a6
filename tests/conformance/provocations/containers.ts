import { argumentsOf } from '../api-calls'
import { commandOf } from '../error-table'
import { attempt, type Provocation } from '../provocation'
import { staleHandler } from '../stages/fixtures'
import { main } from '../stages/stages'

const START_STOP = ['ContainerHandler.start', 'ContainerHandler.stop']

/** Containers that are none any more, and commands about them that no SDK would send. */
export const CONTAINERS: readonly Provocation[] = [
  {
    rows: [{ code: 307, when: 'the container of this handler is not registered' }],
    attempts: async (row) => [attempt(row, { ...(await main.targets()), container: await staleHandler() }, argumentsOf(row))],
  },
  {
    rows: [{ code: 201, apis: START_STOP }],
    attempts: async (row) => {
      const targets = await main.targets()
      const bodies = [{ suffix_name: 'looped-board1' }, { coprocessor_name: 'board1' }]
      return bodies.map((body) => attempt(row, targets, [], { raw: { cmd: commandOf(row), ...body } }))
    },
  },
  {
    rows: [{ code: 302, apis: START_STOP }],
    attempts: async (row) => {
      const targets = await main.targets()
      const bodies = [
        { coprocessor_name: 1, suffix_name: 'looped-board1' },
        { coprocessor_name: 'board1', suffix_name: ['looped-board1'] },
      ]
      return bodies.map((body) => attempt(row, targets, [], { raw: { cmd: commandOf(row), ...body } }))
    },
  },
]
