import type { ProgressEvent } from '@aicluster/host-sdk'
import { median } from '../statistics'
import type { BoardWorld } from './board-world'

const LOAD_LIMIT_MS = 300_000
const BODY = Uint8Array.of(1)

type Phase = ProgressEvent['phase']

/** What happened when in one load onto one board, in ms since it was asked for. */
export interface PhasedLoad {
  /** When each phase was first heard of. */
  startedMs: Partial<Record<Phase, number>>
  /** The command was answered: the container is connected. */
  loadedMs: number
  /** The first answer of the inference came, and the tenth: code is compiled by then. */
  firstAnswerMs: number
  tenthMs: number
}

/** One row of the table: medians of the rounds. */
export interface PhaseRow {
  phase: string
  /** With the image to be brought, and with the image there already; null: nothing of the kind was done. */
  freshMs: number | null
  againMs: number | null
}

/** Load an inference onto a board, ask it once, and unload it. @param onPhase - told of each phase as it begins */
export async function timedLoad(world: BoardWorld, board: string, name: string, onPhase?: (phase: Phase) => void): Promise<PhasedLoad> {
  const { cluster } = world
  const startedMs: PhasedLoad['startedMs'] = {}
  const atMs = performance.now()
  const sinceMs = (): number => performance.now() - atMs
  const onProgress = ({ phase }: ProgressEvent): void => {
    if (startedMs[phase] !== undefined) return
    startedMs[phase] = sinceMs()
    onPhase?.(phase)
  }
  await cluster.loadInference(world.echoConfig(name), board, { timeout: LOAD_LIMIT_MS, onProgress })
  const loadedMs = sinceMs()
  await cluster.infer(name, BODY)
  const firstAnswerMs = sinceMs()
  for (let n = 1; n < 10; n++) await cluster.infer(name, BODY)
  const tenthMs = sinceMs()
  // The next load may find it there.
  await cluster.unloadInference({ inferenceName: name, deleteImage: false })
  return { startedMs, loadedMs, firstAnswerMs, tenthMs }
}

/** Loads with and without the image on the board, in turns. */
export async function measureLoads(world: BoardWorld, rounds: number, say: (line: string) => void): Promise<PhasedLoad[][]> {
  const board = world.board(1)
  const fresh: PhasedLoad[] = []
  const again: PhasedLoad[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`load, round ${round} of ${rounds}`)
    await world.forgetImage(board)
    fresh.push(await timedLoad(world, board.hostname, 'fresh'))
    again.push(await timedLoad(world, board.hostname, 'again'))
  }
  return [fresh, again]
}

const ORDER: readonly [Phase, string][] = [
  ['check', 'check'],
  ['copy', 'copy files'],
  ['upload', 'upload'],
  ['load', 'load in the Engine'],
  ['create', 'create'],
  ['start', 'start'],
  ['ready', 'connect back'],
]

/** How long a phase of a load took: until the next that was heard of. Undefined: it did not come. */
function lengthMs({ startedMs, loadedMs }: PhasedLoad, phase: Phase): number | undefined {
  const beganMs = startedMs[phase]
  if (beganMs === undefined) return undefined
  const later = Object.values(startedMs).filter((atMs) => atMs > beganMs)
  return Math.min(loadedMs, ...later) - beganMs
}

/** Pure. */
export function phaseRows(fresh: readonly PhasedLoad[], again: readonly PhasedLoad[]): PhaseRow[] {
  const row = (phase: string, ofLoad: (load: PhasedLoad) => number | undefined): PhaseRow => {
    const middle = (loads: readonly PhasedLoad[]): number | null => {
      const values = loads.flatMap((load) => ofLoad(load) ?? [])
      return values.length === 0 ? null : Math.round(median(values))
    }
    return { phase, freshMs: middle(fresh), againMs: middle(again) }
  }
  return [
    ...ORDER.map(([phase, name]) => row(name, (load) => lengthMs(load, phase))),
    row('first answer', ({ loadedMs, firstAnswerMs }) => firstAnswerMs - loadedMs),
    row('the next nine (warm)', ({ firstAnswerMs, tenthMs }) => tenthMs - firstAnswerMs),
    row('from load to the first answer', ({ firstAnswerMs }) => firstAnswerMs),
  ]
}
