import type { DataPlaneLog } from './data-plane-options'

/** Lines of one kind in the log, in so many ms. Each is written before the data plane does anything else. */
const MAX_LINES = 20
const WINDOW_MS = 60_000
/** Longest text of a peer in a line. */
const MAX_TEXT = 200

/** Text that a peer has made up, fit for a line of the log. */
export const shortText = (text: string): string => {
  const printable = text.slice(0, MAX_TEXT).replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?')
  return text.length > MAX_TEXT ? `${printable}…` : printable
}

/** Warnings that peers cause, of one kind: a few a minute, however many peers there are. What had no room is counted in the next one. */
export class FewLines {
  private windowBeganAtMs = Number.NEGATIVE_INFINITY
  private lines = 0
  private unlogged = 0

  constructor(
    private readonly log: DataPlaneLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  warn(fields: Record<string, unknown>, message: string): void {
    const nowMs = this.now()
    if (nowMs - this.windowBeganAtMs >= WINDOW_MS) {
      this.windowBeganAtMs = nowMs
      this.lines = 0
    }
    if (++this.lines > MAX_LINES) {
      this.unlogged++
      return
    }
    this.log('warn', this.unlogged > 0 ? { ...fields, unlogged: this.unlogged } : fields, message)
    this.unlogged = 0
  }
}
