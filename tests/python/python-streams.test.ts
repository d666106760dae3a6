import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { describe, expect, it } from 'vitest'
import { read, upTo } from '../worlds/parts'
import { startWorld } from '../worlds/world'
import { expectOrder, inPython, missingHere, python } from './python-world'

const COUNTS = [0, 1, 40, 200, 60]

describeUnless(missingHere(), 'answers in parts', () => {
  describe.each(['ipc', 'tcp'] as const)('over %s', (transport) => {
    it('come from a container in Python, in order, with binary parts, and no faster than they are read', async () => {
      await using world = await startWorld({ transport })
      await world.cluster.loadInference(inPython('python', { maxSendNum: 4 }), 'board1')
      const raw = randomBytes(200_000)
      const streams = [0, 1, 100].map((count) => world.cluster.inferStream('python', new Uint8Array(0), { mode: 'parts', count }))
      const binary = world.cluster.inferStream('python', raw, { mode: 'parts', count: 20 })

      expect(await Promise.all(streams.map(read))).toEqual([[], [0], upTo(100)])

      const parts = (await read(binary)) as { n: number; raw: Uint8Array }[]
      expect(parts.map(({ n }) => n)).toEqual(upTo(20))
      expect(parts.every((part) => Buffer.compare(part.raw, raw) === 0)).toBe(true)
      await expect(binary.result).resolves.toMatchObject({ result: 20 })
      await expectOrder(world)
    })

    it('are given up by leaving the loop: the container in Python stops', async () => {
      await using world = await startWorld({ transport })
      await world.cluster.loadInference(inPython('python'), 'board1')

      for await (const part of world.cluster.inferStream('python', new Uint8Array(0), { mode: 'parts', count: 1e9 })) if (part === 5) break

      await world.until('python', { held: 0 })
      await world.atRest()
    })

    it.each(['typescript', 'python'] as const)('come to a host in Python from a container in %s', async (language) => {
      await using world = await startWorld({ transport })
      if (language === 'python') await world.cluster.loadInference(inPython('parts'), 'board1')
      else await world.load('parts', 'parts')
      const options = { name: 'parts', metadata: { mode: 'parts' } }

      const seen = await python<object>('client.py', join(world.stateFolder, 'manager.json'), 'streams', JSON.stringify(options))

      const results = language === 'python' ? COUNTS : COUNTS.map((count) => expect.objectContaining({ count }))
      expect(seen).toEqual({ in_order: true, lengths: COUNTS, results, open: 0, missing: 0 })
      await expectOrder(world)
    })
  })

  it('lose nothing where every 9th record that the container sends is lost, every 13th that it gets, and every 4th comes twice', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference(inPython('python', { maxSendNum: 2, env: { PEER_FAULTS: '9 13 4' } }), 'board1')
    const streams = [30, 50].map((count) => world.cluster.inferStream('python', new Uint8Array(0), { mode: 'parts', count }))

    expect(await Promise.all(streams.map(read))).toEqual([upTo(30), upTo(50)])

    await world.atRest()
  })
})
