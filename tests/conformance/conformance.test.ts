import { existsSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { ERROR_ROWS, ERROR_TABLE, type ErrorRow, titleOf } from './error-table'
import { needsBoards } from './on-boards'
import { proveRow } from './prove-row'
import { type Provocation, proves } from './provocation'
import { PROVOCATIONS } from './provocations/provocations'
import { STAGES } from './stages/stages'

/** Where the specification lies beside the repository, for those who work on both. */
const SPECIFICATION = new URL('../../../shared/spec/errors.json', import.meta.url)

const provocationsOf = (row: ErrorRow): Provocation[] => PROVOCATIONS.filter((provocation) => proves(provocation, row))

describe('the table of errors', () => {
  it('is the one of the specification, byte for byte', () => {
    const isHere = existsSync(SPECIFICATION)
    if (!isHere) console.info('the table of errors was not compared: no ../shared/spec/errors.json beside the repository')
    const copy = readFileSync(ERROR_TABLE, 'utf8')
    expect(copy).toBe(isHere ? readFileSync(SPECIFICATION, 'utf8') : copy)
    expect(ERROR_ROWS).toHaveLength(243)
    expect(new Set(ERROR_ROWS.map(titleOf)).size).toBe(243)
  })

  it('has for each row one provocation, or is proven on boards', () => {
    const counted = ERROR_ROWS.map((row) => [titleOf(row), provocationsOf(row).length + (needsBoards(row) ? 1 : 0)])
    expect(counted.filter(([, count]) => count !== 1)).toEqual([])
  })

  it('is all that is provoked', () => {
    const idle = PROVOCATIONS.flatMap(({ rows }) => rows).filter((selector) => !ERROR_ROWS.some((row) => proves({ rows: [selector] }, row)))
    expect(idle).toEqual([])
  })
})

afterAll(async () => {
  await Promise.all(STAGES.map((stage) => stage.close()))
})

describe('the proof of a row', () => {
  const rowOf = (api: string, code: number): ErrorRow => ERROR_ROWS.find((row) => row.api === api && row.code === code) as ErrorRow

  it.each([
    ['another class', rowOf('get_container_handler', 300), { exception: 'InvalidArgument' }],
    ['another code', rowOf('get_container_handler', 300), { code: 400 }],
    ['another text', rowOf('get_container_handler', 300), { message: 'Specified InferenceName is unknown' }],
    ['another argument', rowOf('add_inference', 100), { args: ['coprocessor_name'] }],
    ['another code for the callback', rowOf('get_container_handler_async', 300), { code: 400 }],
    ['another text for the callback', rowOf('infer_async', 400), { message: 'Specified InferenceName does not exist' }],
    ['a throw instead of the callback', rowOf('get_container_handler_async', 300), { notify: 'throw' as const }],
    ['a callback instead of the throw', rowOf('load_inference_async', 100), { notify: 'callback' as const }],
  ])('fails where the table says %s', async (_what, row, changed) => {
    const [provocation] = provocationsOf(row)
    await expect(proveRow({ ...row, ...changed }, provocation as Provocation)).rejects.toThrow()
  })
})

describe('row by row', () => {
  for (const row of ERROR_ROWS) {
    const [provocation] = provocationsOf(row)
    if (!provocation || needsBoards(row)) continue
    it(titleOf(row), async ({ task }) => {
      task.meta.errorRow = titleOf(row)
      await proveRow(row, provocation)
    })
  }
})
