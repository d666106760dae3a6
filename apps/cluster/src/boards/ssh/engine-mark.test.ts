import { describe, expect, it } from 'vitest'
import { type Answers, FakeEngine } from '../engine/fake-engine'
import { disownEngine, ownEngine, requireOwnEngine } from './engine-mark'
import type { Owner } from './own-machine'

const MINE: Owner = { clusterId: 'c1', epoch: 3, name: 'here:/state' }
const THEIRS: Owner = { clusterId: 'c2', epoch: 1, name: 'there:/state' }
const MARK = '/volumes/aicluster-owner'

/** An Engine keeps the volume that it has, whoever makes another one of its name. */
function volumes(): Answers {
  let kept: unknown
  return {
    'POST /volumes/create': (_, body) => {
      kept ??= body
      return kept as object
    },
    [`GET ${MARK}`]: () => (kept as object | undefined) ?? 404,
    [`DELETE ${MARK}`]: () => {
      kept = undefined
      return 204
    },
  }
}

const refused = (cause: RegExp, details: object) => ({
  code: 500,
  message: expect.stringMatching(cause),
  details: { reason: 'owner', ...details },
})

describe('the Engine of a machine', () => {
  it('belongs to the first cluster that comes, whichever user it logs in as there', async () => {
    await using fake = await FakeEngine.start(volumes())
    const { engine } = fake.machine
    await ownEngine(engine, 'b', MINE)

    const cause = /board "b".*belongs to the cluster c1 \(here:\/state\), this one is c2.*docker volume rm aicluster-owner/
    await expect(ownEngine(engine, 'b', THEIRS)).rejects.toMatchObject(refused(cause, { cluster_id: 'c1' }))
    await expect(requireOwnEngine(engine, 'b', THEIRS)).rejects.toMatchObject(refused(cause, { cluster_id: 'c1' }))
    await ownEngine(engine, 'b', { ...MINE, epoch: 4 })
    await requireOwnEngine(engine, 'b', MINE)
  })

  it('belongs to one of two clusters that come at the same time', async () => {
    await using fake = await FakeEngine.start(volumes())
    const { engine } = fake.machine

    const both = await Promise.allSettled([ownEngine(engine, 'b', MINE), ownEngine(engine, 'b', THEIRS)])

    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('may be taken by another cluster once it was let go, and not before', async () => {
    await using fake = await FakeEngine.start(volumes())
    const { engine } = fake.machine
    await ownEngine(engine, 'b', MINE)
    await disownEngine(engine, THEIRS)
    await requireOwnEngine(engine, 'b', MINE)

    await disownEngine(engine, MINE)

    await ownEngine(engine, 'b', THEIRS)
    await expect(requireOwnEngine(engine, 'b', MINE)).rejects.toMatchObject({ code: 500 })
  })

  it('is one board: under another name it is refused as long as that one is there', async () => {
    await using first = await FakeEngine.start(volumes())
    await using second = await FakeEngine.start(volumes())
    const boards = new Set(['b', 'twin', 'other'])
    const mine: Owner = { ...MINE, isBoard: (name) => boards.has(name), engines: new Map() }
    await ownEngine(first.machine.engine, 'b', mine)
    await ownEngine(second.machine.engine, 'other', mine)
    await ownEngine(first.machine.engine, 'b', mine)
    const asTwin = () => ownEngine(first.machine.engine, 'twin', mine)
    await expect(asTwin()).rejects.toMatchObject(refused(/board "twin".*its Docker Engine is that of board "b" already/, { twin: 'b' }))
    await expect(requireOwnEngine(first.machine.engine, 'twin', mine)).rejects.toMatchObject({ code: 500 })
    await requireOwnEngine(first.machine.engine, 'b', mine)

    boards.delete('b')

    await asTwin()
  })

  it('keeps nobody out where it cannot be marked', async () => {
    await using fake = await FakeEngine.start({ 'POST /volumes/create': 500, [`GET ${MARK}`]: 403 })
    const { engine } = fake.machine

    await ownEngine(engine, 'b', MINE)

    await requireOwnEngine(engine, 'b', MINE)
    await disownEngine(engine, MINE)
  })
})
