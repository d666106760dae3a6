import { cpus, loadavg } from 'node:os'
import type { CaseReport } from '../report'
import type { PhaseRow } from './load-phases'
import type { LatencyUnder } from './open-loop'
import type { SendLatency } from './send-latency'
import type { UploadLatency } from './upload-latency'
import type { UploadSpeed } from './upload-speed'

/** What `--json` prints. */
export interface BoardsReport {
  node: string
  machine: string
  date: string
  /** The system's load average over the minute before: what else the machine had to do. */
  machineLoad: number
  rounds: number
  /** From a manager that is ready until it has reached both boards. */
  connectMs: number
  phases: PhaseRow[]
  upload: UploadSpeed
  latency: UploadLatency
  sending: SendLatency
  curve: CaseReport[]
}

/** Where and when. */
export const aboutRun = () => ({
  node: process.version,
  machine: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  date: new Date().toISOString().slice(0, 10),
  machineLoad: Number((loadavg()[0] ?? 0).toFixed(1)),
})

/** Else somebody divides the columns. */
const ABOUT_SHARES = [
  'Each round measures both, one right after the other, so that what else the machine does slows both. The share is the median of the',
  "rounds' own shares, the range the least and the most of them: it is not the quotient of the two columns, each of which is a median",
  'of its own and may come from another round.',
].join('\n')

/** The checks of an upload, and of sent files, against latency. */
const LATENCY_AIM = 1.3

const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const count = (value: number): string => value.toLocaleString('en-US')
const ms = (value: number | null): string => (value === null ? '-' : `${count(value)} ms`)

/** Ready to paste into docs/boards-performance.md. */
export function markdown(report: BoardsReport): string {
  const { node, machine, date, machineLoad, rounds, connectMs, phases, upload, latency, sending, curve } = report
  const latencyRow = (what: string, { requests, p50Ms, p99Ms }: LatencyUnder): string[] => [
    what,
    count(requests),
    `${p50Ms} ms`,
    `${p99Ms} ms`,
  ]
  const verdict = (ratio: number): string => `${ratio}; aim: at most ${LATENCY_AIM}: ${ratio <= LATENCY_AIM ? 'met' : '**missed**'}`
  return [
    `Measured on ${date}: ${machine}, Node ${node}, medians of ${rounds} rounds, load average before ${machineLoad}. Two boards that the machine plays itself (tooling/rig).`,
    `## From \`load\` to the first answer`,
    `A manager that has just become ready has reached both boards after ${ms(Math.round(connectMs))}; then:`,
    table(
      ['phase', 'image to be brought', 'image there'],
      phases.map(({ phase, freshMs, againMs }) => [phase, ms(freshMs), ms(againMs)]),
    ),
    `## An image of ${upload.megabytes} MB on its way to a board`,
    table(
      ['way', 'MB/s'],
      [
        ['manager, until the last byte is handed over', `${upload.manager}`],
        ['manager, until the Engine has the image', `${upload.managerLoaded}`],
        ['`scp` of the same file', `${upload.scp}`],
        ['`ssh … docker load` of it, until the Engine has the image', `${upload.sshLoad}`],
      ],
    ),
    '## Latency while an image is uploaded',
    `Open loop, ${latency.requestsPerSecond} requests/s of 1,000 B to board 1, while the image goes to board 2 over ${latency.uploadMegabits} Mbit/s:`,
    table(
      ['meanwhile', 'requests', 'p50', 'p99'],
      [
        latencyRow('nothing', latency.idle),
        latencyRow('another process uploads (`ssh … docker load`)', latency.other),
        latencyRow('the manager uploads', latency.manager),
      ],
    ),
    `p99 under the manager's upload, as a share of that under the other's: ${verdict(latency.ratio)}.`,
    '## Latency while an application sends files',
    `The same loop, while ${sending.megabytes} MB come from board 2 over ${sending.sendMegabits} Mbit/s: an application there sends them to the manager (${sending.applicationSpeed} MB/s), or another process gets them (${sending.otherSpeed} MB/s):`,
    table(
      ['meanwhile', 'requests', 'p50', 'p99'],
      [
        latencyRow('nothing', sending.idle),
        latencyRow('another process gets the bytes (`ssh … cat`)', sending.other),
        latencyRow('an application sends them to the manager', sending.application),
      ],
    ),
    `p99 while the application sends, as a share of that under the other: ${verdict(sending.ratio)}.`,
    '## What encryption costs',
    'Loopback TCP, one container with 64 credits:',
    table(
      ['case', 'plain', 'CURVE', 'share', 'range'],
      curve.map(({ case: name, contenders, curveOfOurs }) => [
        name,
        `${count(contenders.ours?.requestsPerSecond ?? 0)}/s`,
        `${count(contenders.curve?.requestsPerSecond ?? 0)}/s`,
        (curveOfOurs?.ratio ?? 0).toFixed(2),
        `${(curveOfOurs?.least ?? 0).toFixed(2)} to ${(curveOfOurs?.most ?? 0).toFixed(2)}`,
      ]),
    ),
    ABOUT_SHARES,
  ].join('\n\n')
}
