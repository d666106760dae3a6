import { parseExposition } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import type { Board } from '../boards/board'
import { writeBoardTelemetry } from './board-metrics'
import { Exposition, formatFor } from './exposition'

const TELEMETRY = {
  at: '2026-01-01T00:00:00Z',
  cpus: 6,
  load: [1.5, 1, 0.5],
  memory_total_bytes: 8e9,
  memory_used_bytes: 3e9,
  disk_total_bytes: 64e9,
  disk_free_bytes: 40e9,
  temperature_celsius: null,
  gpus: [{ index: 0, name: 'Orin', use_percent: 87, memory_used_bytes: null, memory_total_bytes: null, temperature_celsius: 51 }],
}
const board = (name: string, state: 'up' | 'down', telemetry: unknown = TELEMETRY) =>
  ({ name, state: { state }, telemetry }) as unknown as Board

const samplesOf = (boards: readonly Board[]) => {
  const out = new Exposition(formatFor(undefined))
  writeBoardTelemetry(out, boards)
  const families = [...parseExposition(out.toString()).values()]
  return families.flatMap(({ samples }) => samples.map(({ name, labels, value }) => [name, labels, value]))
}

describe('what a board tells of itself, as metrics', () => {
  it('is there as far as it tells it', () => {
    expect(samplesOf([board('jetson', 'up')])).toEqual([
      ['aicluster_board_load1', { board: 'jetson' }, 1.5],
      ['aicluster_board_memory_used_bytes', { board: 'jetson' }, 3e9],
      ['aicluster_board_memory_total_bytes', { board: 'jetson' }, 8e9],
      ['aicluster_board_disk_free_bytes', { board: 'jetson' }, 40e9],
      ['aicluster_board_disk_total_bytes', { board: 'jetson' }, 64e9],
      ['aicluster_board_gpu_use_ratio', { board: 'jetson', gpu: '0' }, 0.87],
      ['aicluster_board_gpu_temperature_celsius', { board: 'jetson', gpu: '0' }, 51],
    ])
  })

  it('is not there for a board that is down, nor for one that tells nothing', () => {
    expect(samplesOf([board('away', 'down'), board('silent', 'up', null)])).toEqual([])
  })
})
