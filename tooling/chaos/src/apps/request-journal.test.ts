import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '@aicluster/testing'
import { expect, it } from 'vitest'
import { readNotes, readRequests } from '../oracle/read-journals'
import { RequestJournal } from './request-journal'

it('a journal tells the oracle what its application has seen', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'steady.1.log')
  const journal = new RequestJournal(path)
  for (const id of ['a', 'b', 'c', 'd', 'e']) journal.sends(id, 'echo', 1_000)
  journal.result('a', '77')
  journal.error('b', 402, '78')
  journal.wrong('c', '12 bytes of nobody')
  journal.refused('d', 111)
  journal.note('unload failed: 313')
  journal.close()
  journal.error('e', 111, '79')

  const requests = await readRequests(path)

  const outcomes = [...requests.values()].map(({ id, outcomes: [outcome] }) => [id, outcome?.kind, outcome?.code])
  expect(outcomes).toEqual([
    ['a', 'result', undefined],
    ['b', 'error', 402],
    ['c', 'wrong', undefined],
    ['d', 'refused', 111],
    ['e', undefined, undefined],
  ])
  const a = requests.get('a')
  expect((a?.deadlineAtMs ?? 0) - (a?.sentAtMs ?? 0)).toBe(1_000)
  expect(await readNotes(path)).toEqual({ 'unload failed: 313': 1 })
})

it('that was killed in the middle of a line tells what came before', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'crashing.1.log')
  new RequestJournal(path).sends('a', 'echo', 1_000)
  appendFileSync(path, 'resul')

  expect([...(await readRequests(path)).values()]).toMatchObject([{ id: 'a', outcomes: [] }])
})
