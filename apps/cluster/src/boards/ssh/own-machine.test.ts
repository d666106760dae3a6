import { beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../machine'
import { type Owner, ownMachine, requireOwned } from './own-machine'

const MINE: Owner = { clusterId: 'c1', epoch: 3, name: 'here:/state' }
const PATH = '/home/me/.aicluster/owner.json'

let files: Map<string, string>
const machine = () =>
  ({
    home: '/home/me',
    files: {
      read: async (path: string) => (files.has(path) ? Buffer.from(files.get(path) ?? '') : undefined),
      write: async (path: string, content: Uint8Array) => void files.set(path, Buffer.from(content).toString()),
      makeFolder: async () => {},
    },
  }) as unknown as Machine

const own = () => ownMachine(machine(), 'b', '.aicluster', MINE)
const look = () => requireOwned(machine(), 'b', '.aicluster', MINE)
const written = (clusterId: string, epoch: number) => files.set(PATH, JSON.stringify({ cluster_id: clusterId, epoch, name: 'there' }))

describe('the owner of a machine', () => {
  beforeEach(() => {
    files = new Map()
  })

  it('is the first cluster that comes, and of that the manager that started last', async () => {
    await own()
    expect(JSON.parse(files.get(PATH) ?? '')).toEqual({ cluster_id: 'c1', epoch: 3, name: 'here:/state', board: 'b' })
    written('c1', 2)
    await own()
    expect(JSON.parse(files.get(PATH) ?? '')).toMatchObject({ epoch: 3 })
    await look()
  })

  it('is not another cluster, which is named with what to do', async () => {
    written('c2', 1)
    for (const refused of [own(), look()]) {
      await expect(refused).rejects.toMatchObject({
        code: 500,
        message: expect.stringMatching(/board "b".*cluster c2 \(there\), this one is c1.*delete \/home\/me\/\.aicluster\/owner\.json/),
        details: { board: 'b', reason: 'owner', cluster_id: 'c2' },
      })
    }
    expect(JSON.parse(files.get(PATH) ?? '')).toMatchObject({ cluster_id: 'c2' })
  })

  it('is a later manager of the same cluster, to which the earlier one lets go', async () => {
    written('c1', 4)
    await expect(look()).rejects.toMatchObject({ code: 500, message: expect.stringContaining('epoch 4') })
    await expect(own()).rejects.toMatchObject({ code: 500 })
  })

  it('is one board of a cluster: under another name it is refused as long as that one is there', async () => {
    await own()
    const boards = new Set(['b', 'twin'])
    const mine = { ...MINE, isBoard: (name: string) => boards.has(name) }
    const asTwin = () => ownMachine(machine(), 'twin', '.aicluster', mine)
    await expect(asTwin()).rejects.toMatchObject({
      code: 500,
      message: expect.stringMatching(/board "twin".*it is the machine of board "b" already/),
      details: { reason: 'owner', twin: 'b' },
    })
    await ownMachine(machine(), 'b', '.aicluster', mine)

    boards.delete('b')

    await asTwin()
    expect(JSON.parse(files.get(PATH) ?? '')).toMatchObject({ board: 'twin' })
  })

  it('may have another name for its board in its next life', async () => {
    await own()
    await ownMachine(machine(), 'renamed', '.aicluster', { ...MINE, epoch: 4, isBoard: () => true })
    expect(JSON.parse(files.get(PATH) ?? '')).toMatchObject({ epoch: 4, board: 'renamed' })
  })

  it('is nobody where the file is gone or broken', async () => {
    await look()
    files.set(PATH, '{"cluster_id":')
    await look()
    await own()
    expect(JSON.parse(files.get(PATH) ?? '')).toMatchObject({ cluster_id: 'c1' })
  })
})
