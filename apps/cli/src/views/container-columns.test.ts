import type { ContainerStatus } from '@aicluster/host-sdk'
import { expect, it } from 'vitest'
import { CONTAINER_STATE, CONTAINER_USE } from './container-columns'

const cell = (heading: string, status: Partial<ContainerStatus>) =>
  [...CONTAINER_STATE, ...CONTAINER_USE].find((column) => column.heading === heading)?.text(status as ContainerStatus)

it('memory is in the units of boards: decimal', () => {
  expect(cell('MEM', { memBytes: 68_600_000, memPercent: 0.2711, memUsage: '65.4MiB / 23.6GiB' })).toBe('68.6 MB / 25.3 GB')
  expect(cell('MEM', { memBytes: 0, memPercent: 0 })).toBe('0 B')
  expect(cell('MEM', {})).toBeUndefined()
})

it('a container whose distribution is stopped is paused, whatever it does', () => {
  expect(cell('OPERATE', { operate: 'Busy', distributionOff: ['digits'] })).toBe('Busy, paused')
  expect(cell('OPERATE', { operate: 'Free', distributionOff: [] })).toBe('Free')
  expect(cell('OPERATE', { operate: 'Unknown' })).toBe('Unknown')
})
