import { expect, it } from 'vitest'
import { FakeEngine } from './fake-engine'

const container = (Id: string, board: string) => ({
  Id,
  Names: [`/aicluster-${Id}`],
  Labels: {
    'io.aicluster.cluster': 'cluster1',
    'io.aicluster.board': board,
    'io.aicluster.container': Id,
    'io.aicluster.instance': `instance-${Id}`,
  },
})

/** Answers as an Engine does: those that carry all labels that were asked for. */
function listed(url: string | undefined, all: ReturnType<typeof container>[]) {
  const filters = JSON.parse(new URL(url ?? '', 'http://engine').searchParams.get('filters') ?? '{}') as { label?: string[] }
  return all.filter(({ Labels }) =>
    (filters.label ?? []).every((label) => Object.entries(Labels).some(([name, value]) => label === `${name}=${value}`)),
  )
}

it('a board sweeps what it left under an earlier name of its own, but nothing of a board that shares its Engine', async () => {
  const all = [container('renamed', 'before'), container('known', 'before'), container('own', 'board1'), container('neighbours', 'board2')]
  await using engine = await FakeEngine.start({
    'GET /images/json': [],
    'GET /containers/json': ({ url }) => listed(url, all),
    'DELETE /containers/renamed': 204,
    'DELETE /containers/own': 204,
  })
  const board = engine.board({ isBoard: (name) => ['board1', 'board2'].includes(name) })

  await board.sweep(({ instance }) => instance === 'instance-known')

  expect(engine.asked.filter((question) => question.startsWith('DELETE'))).toEqual(['DELETE /containers/renamed', 'DELETE /containers/own'])
})
