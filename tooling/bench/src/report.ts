import { cpus } from 'node:os'
import { AGAINST_AIM, type BenchCase } from './cases'
import type { CaseBlocks, Contender } from './measure'
import type { BenchOptions } from './options'
import { median } from './statistics'
import type { BlockFigures, CpuByProcess } from './world'

/** A contender's figures over all rounds: medians, and the range of its requests/s. */
interface Summary {
  requestsPerSecond: number
  least: number
  most: number
  p50Us: number
  p99Us: number
  /** Per request; null where the system does not tell. */
  cpuUs: Record<keyof CpuByProcess, number | null>
}

/**
 * Requests/s of ours as a share of another's, beside what we aim for: the median of the rounds' own ratios, and the range of those.
 *
 * Both of a round run right after one another, so that what slows the machine down slows both. It is therefore not the quotient of the
 * two medians, which may come from different rounds.
 */
interface Ratio {
  ratio: number
  least: number
  most: number
  aim: number | null
  met: boolean | null
}

/** What `--json` prints for a case. */
export interface CaseReport {
  case: string
  bytes: number
  depth: number
  contenders: Partial<Record<Contender, Summary>>
  ofFloor: Ratio
  ofBefore?: Ratio
  curveOfOurs?: Ratio
}

export function reportCase({ load, blocks }: CaseBlocks): CaseReport {
  const { floor = [], ours = [], before, curve } = blocks
  return {
    case: load.name,
    bytes: load.bytes,
    depth: load.depth,
    contenders: {
      floor: summarise(floor),
      ours: summarise(ours),
      ...(before ? { before: summarise(before) } : {}),
      ...(curve ? { curve: summarise(curve) } : {}),
    },
    ofFloor: compare(ours, floor, load.aim),
    ...(before ? { ofBefore: compare(ours, before, AGAINST_AIM) } : {}),
    ...(curve ? { curveOfOurs: compare(curve, ours, undefined) } : {}),
  }
}

function summarise(blocks: readonly BlockFigures[]): Summary {
  const rates = blocks.map(({ requestsPerSecond }) => requestsPerSecond)
  const cpu = (process: keyof CpuByProcess): number | null => {
    const perRequest = median(blocks.map(({ cpuUs }) => cpuUs[process]))
    return Number.isNaN(perRequest) ? null : round(perRequest, 1)
  }
  return {
    requestsPerSecond: round(median(rates)),
    least: round(Math.min(...rates)),
    most: round(Math.max(...rates)),
    p50Us: round(median(blocks.map(({ p50Us }) => p50Us))),
    p99Us: round(median(blocks.map(({ p99Us }) => p99Us))),
    cpuUs: { app: cpu('app'), manager: cpu('manager'), container: cpu('container') },
  }
}

function compare(ours: readonly BlockFigures[], others: readonly BlockFigures[], aim: BenchCase['aim']): Ratio {
  const ratios = ours.map(({ requestsPerSecond }, i) => requestsPerSecond / (others[i]?.requestsPerSecond ?? Number.NaN))
  const ratio = median(ratios)
  return {
    ratio: round(ratio, 3),
    least: round(Math.min(...ratios), 3),
    most: round(Math.max(...ratios), 3),
    aim: aim ?? null,
    met: aim === undefined ? null : ratio >= aim,
  }
}

const round = (value: number, digits = 0): number => Number(value.toFixed(digits))

/** Where and how it was measured. */
export const describeRun = ({ transport, containers, credits, rounds, seconds }: BenchOptions) => ({
  transport,
  containers,
  credits,
  rounds,
  seconds,
  node: process.version,
  machine: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
})

const HEADINGS = ['case', 'who', 'requests/s', 'min..max', 'p50 us', 'p99 us', 'app', 'manager', 'container', 'share', 'aim']

/** A table for people: CPU columns are us/request; shares are of ours. */
export function table(reports: readonly CaseReport[]): string {
  const rows = [HEADINGS, ...reports.flatMap(caseRows)]
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)))
  const left = new Set([0, 1, 9, 10])
  return rows
    .map((row) => row.map((cell, i) => (left.has(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

function caseRows({ case: name, contenders, ofFloor, ofBefore, curveOfOurs }: CaseReport): string[][] {
  const shares: Partial<Record<Contender, [string, Ratio | undefined]>> = {
    ours: ['of floor', ofFloor],
    before: ['ours of before', ofBefore],
    curve: ['of ours', curveOfOurs],
  }
  return (['floor', 'ours', 'before', 'curve'] as const).flatMap((who) => {
    const summary = contenders[who]
    if (!summary) return []
    const { requestsPerSecond, least, most, p50Us, p99Us, cpuUs } = summary
    const [label, share] = shares[who] ?? ['', undefined]
    return [
      [
        who === 'floor' ? name : '',
        who,
        count(requestsPerSecond),
        `${count(least)}..${count(most)}`,
        count(p50Us),
        count(p99Us),
        ...[cpuUs.app, cpuUs.manager, cpuUs.container].map((us) => us?.toFixed(1) ?? '-'),
        share ? `${share.ratio.toFixed(2)} ${label}` : '',
        share && share.aim !== null ? `${share.aim} ${share.met ? 'met' : 'MISSED'}` : '',
      ],
    ]
  })
}

const count = (value: number): string => value.toLocaleString('en-US')
