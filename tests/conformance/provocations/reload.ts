import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf } from '../api-calls'
import type { ErrorRow } from '../error-table'
import { type Attempt, attempt, type Provocation } from '../provocation'
import { lockedInference } from '../stages/fixtures'
import { main } from '../stages/stages'

const RELOAD = ['AICluster.reload_inference']

/** Reload an inference whose config file something has happened to. */
async function reloadAfter(row: ErrorRow, name: string, happen: (file: string) => void): Promise<Attempt[]> {
  const targets = await main.targets()
  await main.once(`the inference ${name}`, async () => {
    await targets.cluster.loadInference({ name, implementationType: 'Loop' }, 'board1')
    happen(join((await main.world()).stateFolder, 'inferences', `${name}.json`))
  })
  return [attempt(row, targets, argumentsOf(row, { inferenceName: name }))]
}

/** Config files that are gone, broken or changed, and names that another command works on. */
export const RELOAD_PROVOCATIONS: readonly Provocation[] = [
  { rows: [{ code: 205, apis: RELOAD }], attempts: (row) => reloadAfter(row, 'fileless', (file) => rmSync(file)) },
  { rows: [{ code: 206, apis: RELOAD }], attempts: (row) => reloadAfter(row, 'garbled', (file) => writeFileSync(file, '{ "config": ')) },
  {
    rows: [{ code: 207, apis: RELOAD }],
    attempts: (row) =>
      reloadAfter(row, 'contradicted', (file) => {
        const record = JSON.parse(readFileSync(file, 'utf8')) as { config: object }
        writeFileSync(file, JSON.stringify({ ...record, config: { ...record.config, input: null, output: 'Main' } }))
      }),
  },
  {
    rows: [{ code: 309, apis: RELOAD }],
    attempts: async (row) => {
      const name = await lockedInference()
      return [attempt(row, await main.targets(), argumentsOf(row, { inferenceName: name }), { fills: [name] })]
    },
  },
]
