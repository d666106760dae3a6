import { printableLine } from './printable'
import type { ProgressDetail } from './progress'
import { bytesText } from './units'

/** One step of long work: what one board is at. */
export interface Step {
  /** Whose step it is: `digits on board1`. */
  task: string
  /** What it is a part of, `digits`: that has no line of its own any more, for its parts have theirs. */
  partOf?: string | undefined
  /** `upload`, `start`, ... */
  phase: string
  /** Of the phase; undefined where it moves no bytes. */
  bytesDone: number | undefined
  bytesTotal: number | undefined
}

const BAR_WIDTH = 24
/** Without a terminal, how often bytes alone are worth a line, in ms. */
const NEWS_EVERY_MS = 10_000

/** The latest step of each task: a bar each on a terminal, a line for each phase elsewhere. */
export class Bars implements ProgressDetail {
  private readonly steps = new Map<string, Step>()
  private readonly told = new Map<string, { phase: string; atMs: number }>()

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** A task is at this step now. */
  update(step: Step): void {
    const { task, partOf, phase } = step
    if (partOf !== undefined) this.steps.delete(partOf)
    this.steps.set(task, { ...step, task: printableLine(task), phase: printableLine(phase) })
  }

  lines(): string[] {
    const steps = [...this.steps.values()]
    const taskWidth = Math.max(0, ...steps.map(({ task }) => task.length))
    const phaseWidth = Math.max(0, ...steps.map(({ phase }) => phase.length))
    return steps.map((step) => `  ${step.task.padEnd(taskWidth)}  ${step.phase.padEnd(phaseWidth)}  ${barText(step)}`.trimEnd())
  }

  news(): string[] {
    const now = this.nowMs()
    const fresh = [...this.steps.values()].filter(({ task, phase, bytesTotal }) => {
      const told = this.told.get(task)
      return told?.phase !== phase || (bytesTotal !== undefined && now - told.atMs >= NEWS_EVERY_MS)
    })
    for (const { task, phase } of fresh) this.told.set(task, { phase, atMs: now })
    return fresh.map((step) => `${step.task}: ${step.phase}${step.bytesTotal === undefined ? '' : `, ${amountText(step)}`}`)
  }
}

/** `[######------]  50 %  1.2 MB of 2.4 MB`, nothing where no bytes move. */
function barText(step: Step): string {
  const { bytesDone = 0, bytesTotal } = step
  if (bytesTotal === undefined) return ''
  const share = bytesTotal === 0 ? 1 : Math.min(1, bytesDone / bytesTotal)
  const filled = Math.floor(share * BAR_WIDTH)
  const percent = `${Math.floor(share * 100)}`.padStart(3)
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${percent} %  ${amountText(step)}`
}

const amountText = ({ bytesDone = 0, bytesTotal = 0 }: Step): string => `${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`
