import { histogramLines, type LabelText } from './exposition'

interface Written {
  counts: Float64Array
  lines: string
}

/**
 * Histograms as they were written for the scrape before. Of a thousand inferences most have not changed since, and their lines are
 * three quarters of the text. What is not asked for in a scrape is forgotten with the next one.
 */
export class HistogramCache {
  private before = new Map<string, Written>()
  private now = new Map<string, Written>()

  /** A scrape begins. */
  begin(): void {
    this.before = this.now
    this.now = new Map()
  }

  /** As {@link histogramLines}. */
  lines(name: string, labels: LabelText, bounds: readonly LabelText[], counts: Float64Array): string {
    const key = `${name}{${labels}}`
    const known = this.before.get(key)
    const written =
      known && areEqual(known.counts, counts) ? known : { counts: counts.slice(), lines: histogramLines(name, labels, bounds, counts) }
    this.now.set(key, written)
    return written.lines
  }
}

function areEqual(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
