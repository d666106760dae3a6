import { describe, expect, it } from 'vitest'
import { tableLines } from '../output/table'
import { BOARD_COLUMNS, boardViews, LABELS_COLUMN, useColumns } from './board-view'
import type { Snapshot } from './snapshot'

const UP = { state: 'up', since: '2026-01-01T00:00:00Z', reason: null, engineVersion: '24.0.7' }
const snapshot = {
  boards: [
    {
      ...UP,
      name: 'jetson',
      ip: '10.0.0.12',
      driver: 'ssh',
      labels: { gpu: 'orin', rack: '7' },
      telemetry: {
        load: [1.234, 1, 1],
        memoryUsedBytes: 3.2e9,
        memoryTotalBytes: 8e9,
        diskFreeBytes: 41e9,
        temperatureCelsius: 50.6,
        gpus: [{ name: 'Orin', usePercent: 87, memoryUsedBytes: null, memoryTotalBytes: null, temperatureCelsius: 51 }],
      },
    },
    { ...UP, state: 'down', reason: 'the connection was lost', name: 'away', ip: '10.0.0.13', driver: 'ssh', labels: {}, telemetry: null },
  ],
  containers: [],
  metrics: { credits: [] },
} as unknown as Snapshot

describe('boards in a table', () => {
  it('say how they are reached, what state they are in and why, and what selects them', () => {
    expect(tableLines([...BOARD_COLUMNS, LABELS_COLUMN], boardViews(snapshot))).toEqual([
      'BOARD   DRIVER  ADDRESS    STATE                          CONTAINERS  CONNECTED  LABELS',
      'jetson  ssh     10.0.0.12  up                                      0          0  gpu=orin rack=7',
      'away    ssh     10.0.0.13  down: the connection was lost           0          0  -',
    ])
  })

  it('say how they are doing, as far as they tell it', () => {
    const boards = boardViews(snapshot)
    expect(tableLines(useColumns(boards), boards)).toEqual([
      'LOAD          MEMORY  DISK FREE  TEMPERATURE  GPU',
      '1.23  3.2 GB of 8 GB      41 GB        51 °C  87 % 51 °C',
      '   -               -          -            -  -',
    ])
  })

  it('have no columns for that where none tells', () => {
    expect(useColumns(boardViews(snapshot).filter(({ name }) => name === 'away'))).toEqual([])
  })
})
