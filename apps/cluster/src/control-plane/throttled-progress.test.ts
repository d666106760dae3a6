import type { ProgressView } from '@aicluster/protocol'
import { expect, it } from 'vitest'
import { throttled } from './throttled-progress'

const view = (phase: ProgressView['phase'], done: number | null = null, board = 'board1'): ProgressView => ({
  cmd: 'load_inference',
  phase,
  inference_name: 'digits',
  board,
  suffix_name: `digits-${board}`,
  bytes_done: done,
  bytes_total: done === null ? null : 1000,
})

it('progress is told at the beginning and the end of each phase, and every 100 ms in between, of each board', () => {
  let nowMs = 0
  const told: string[] = []
  const tell = throttled(
    ({ board, phase, bytes_done: done }) => told.push(`${nowMs} ${board} ${phase} ${done}`),
    () => nowMs,
  )

  for (; nowMs < 250; nowMs += 10) tell(view('copy', nowMs))
  tell(view('copy', 5, 'board2'))
  tell(view('copy', 1000))
  tell(view('start'))

  expect(told).toEqual([
    '0 board1 copy 0',
    '100 board1 copy 100',
    '200 board1 copy 200',
    '250 board2 copy 5',
    '250 board1 copy 1000',
    '250 board1 start null',
  ])
})
