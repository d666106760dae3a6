import { statSync } from 'node:fs'
import { median } from '../statistics'
import type { BoardWorld } from './board-world'
import { scpMs, sshLoadMs } from './copy-by-ssh'
import type { PhasedLoad } from './load-phases'

/** Of the image's file, medians of the rounds, in MB (1,000,000 bytes) a second. */
export interface UploadSpeed {
  megabytes: number
  /** Until the last byte was handed over, and until the Engine had the image. */
  manager: number
  managerLoaded: number
  scp: number
  /** `ssh … docker load`, to its end. */
  sshLoad: number
}

/** @param loads - those that brought the image */
export async function measureUpload(
  world: BoardWorld,
  loads: readonly PhasedLoad[],
  rounds: number,
  say: (line: string) => void,
): Promise<UploadSpeed> {
  const board = world.board(1)
  const { file } = world.image
  const scp: number[] = []
  const sshLoad: number[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`scp and ssh docker load, round ${round} of ${rounds}`)
    scp.push(await scpMs(board, file))
    await world.forgetImage(board)
    sshLoad.push(await sshLoadMs(board, file))
  }
  const megabytes = statSync(file).size / 1e6
  const speed = (ms: readonly number[]): number => Number((megabytes / (median(ms) / 1_000)).toFixed(1))
  const between = (from: 'upload', to: 'load' | 'create'): number[] =>
    loads.map(({ startedMs }) => (startedMs[to] ?? Number.NaN) - (startedMs[from] ?? Number.NaN))
  return {
    megabytes: Number(megabytes.toFixed(1)),
    manager: speed(between('upload', 'load')),
    managerLoaded: speed(between('upload', 'create')),
    scp: speed(scp),
    sshLoad: speed(sshLoad),
  }
}
