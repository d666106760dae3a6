import type { BoardTelemetryView, GpuTelemetryView } from '@aicluster/protocol'
import type { Board } from '../boards/board'
import { type Exposition, labelText, type MetricFamily } from './exposition'

/** Of a board, as far as it tells: labels `board`; a GPU's `gpu`, its number there, too. */
const BOARD: readonly [MetricFamily, (telemetry: BoardTelemetryView) => number | null | undefined][] = [
  [gauge('load1', 'Processes that run or wait to run there, on average over a minute.'), ({ load }) => load?.[0]],
  [gauge('memory_used_bytes', 'Memory that programs hold there, without caches.'), ({ memory_used_bytes }) => memory_used_bytes],
  [gauge('memory_total_bytes', 'Memory of the board.'), ({ memory_total_bytes }) => memory_total_bytes],
  [gauge('disk_free_bytes', 'Room on its disk.'), ({ disk_free_bytes }) => disk_free_bytes],
  [gauge('disk_total_bytes', 'Size of its disk.'), ({ disk_total_bytes }) => disk_total_bytes],
  [gauge('temperature_celsius', 'What its hottest sensor says.'), ({ temperature_celsius }) => temperature_celsius],
]

const GPU: readonly [MetricFamily, (telemetry: GpuTelemetryView) => number | null][] = [
  [gauge('gpu_use_ratio', 'How busy a GPU is, from 0 to 1.'), ({ use_percent }) => (use_percent === null ? null : use_percent / 100)],
  [gauge('gpu_memory_used_bytes', 'Memory of a GPU in use.'), ({ memory_used_bytes }) => memory_used_bytes],
  [gauge('gpu_memory_total_bytes', 'Memory of a GPU.'), ({ memory_total_bytes }) => memory_total_bytes],
  [gauge('gpu_temperature_celsius', 'Temperature of a GPU.'), ({ temperature_celsius }) => temperature_celsius],
]

/** What boards that are up have told of themselves last; nothing of the others: an old figure would look like a new one. */
export function writeBoardTelemetry(out: Exposition, boards: readonly Pick<Board, 'name' | 'state' | 'telemetry'>[]): void {
  const told = boards.flatMap(({ name, state, telemetry }) => (state.state === 'up' && telemetry ? [{ name, telemetry }] : []))
  for (const [family, read] of BOARD) {
    out.family(family)
    for (const { name, telemetry } of told) sample(out, family, labelText({ board: name }), read(telemetry))
  }
  for (const [family, read] of GPU) {
    out.family(family)
    for (const { name, telemetry } of told) {
      for (const gpu of telemetry.gpus) sample(out, family, labelText({ board: name, gpu: String(gpu.index) }), read(gpu))
    }
  }
}

function sample(out: Exposition, { name }: MetricFamily, labels: ReturnType<typeof labelText>, value: number | null | undefined): void {
  if (value !== null && value !== undefined) out.sample(name, labels, value)
}

function gauge(name: string, help: string): MetricFamily {
  return { name: `aicluster_board_${name}`, type: 'gauge', help }
}
