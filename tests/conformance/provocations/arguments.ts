import { argumentsOf } from '../api-calls'
import { argumentName } from '../expected-error'
import { attempt, type Provocation } from '../provocation'
import { main } from '../stages/stages'

/** What the SDK itself refuses. */
export const ARGUMENTS: readonly Provocation[] = [
  {
    rows: [
      { code: 100, when: 'container_config was not given' },
      { code: 100, when: 'coprocessor_name was not given' },
      { code: 100, when: 'inference_name was not given' },
      { code: 100, when: 'the input data (image_data / in_data) was not given' },
      { code: 100, when: 'file_info was not given' },
    ],
    attempts: async (row) => {
      const targets = await main.targets()
      const argument = argumentName(row.args?.[0] ?? '')
      const nothing = argument.endsWith('Name') ? [undefined, null, ''] : [undefined, null]
      return nothing.map((value) => attempt(row, targets, argumentsOf(row, { [argument]: value })))
    },
  },
  {
    rows: [{ code: 100, when: 'no callback was given and none is set with set_callback' }],
    attempts: async (row) => [attempt(row, await main.targets(), argumentsOf(row), { withoutCallback: true })],
  },
  {
    rows: [{ code: 900, apis: ['AICluster.infer_voice', 'AICluster.infer_text'] }],
    attempts: async (row) => [attempt(row, await main.targets(), argumentsOf(row))],
  },
]
