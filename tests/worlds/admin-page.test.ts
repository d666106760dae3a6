import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { AdminClient } from './admin-client'
import { startWorld } from './world'

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/monitoring.md', import.meta.url)), 'utf8')

it('docs/monitoring.md lists what the manager serves, with its type and labels', async () => {
  await using world = await startWorld()
  await world.load('echo', 'some')
  await expect(world.cluster.infer('nobody', Uint8Array.of(1))).rejects.toMatchObject({ code: 400 })

  const { families } = await new AdminClient(world).metrics()

  /** Labels that the heading of a table names for all its rows. */
  const common = new Set(['inference', 'container', 'board', 'driver', 'gpu'])
  const served = [...families].map(([name, { type, samples }]) => {
    const labels = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))]
    return { name, type, labels: labels.filter((label) => !common.has(label)).sort() }
  })
  const listed = [...PAGE.matchAll(/^\| `((?:aicluster|process)_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
    ([, name = '', type = '', labels = '']) => {
      const all = [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label as string)
      return { name, type, labels: all.filter((label) => !common.has(label)).sort() }
    },
  )
  const byName = <T extends { name: string }>(rows: readonly T[]) => [...rows].sort((a, b) => (a.name < b.name ? -1 : 1))
  // Nothing has been dropped here, so that one has no sample.
  const undropped = byName(served).map((row) => (row.name === 'aicluster_messages_dropped_total' ? { ...row, labels: ['reason'] } : row))
  expect(byName(listed)).toEqual(undropped)
})
