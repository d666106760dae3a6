/** Upper bounds of a duration's buckets, in ms; the last one takes whatever is longer. */
export const DURATION_BOUNDS_MS = [
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
  30_000,
  60_000,
  Number.POSITIVE_INFINITY,
]

/** Columns of one histogram: a count for each bucket, then the sum in ms. */
const HISTOGRAM_WIDTH = DURATION_BOUNDS_MS.length + 1

/**
 * Where which figure of an inference stands in its row. Counters and histograms rise from 0; a histogram takes
 * {@link HISTOGRAM_WIDTH} columns from its own on. What stands behind `firstGauge` is filled in when somebody looks.
 */
export const FigureColumn = {
  success: 0,
  rejected: 1,
  timeout: 2,
  canceled: 3,
  container: 4,
  other: 5,
  requestBytes: 6,
  responseBytes: 7,
  /** From arrival to the outcome. */
  requestMs: 8,
  /** From arrival until a container was sent it, for the last time. */
  queueMs: 8 + HISTOGRAM_WIDTH,
  /** From then on to the container's answer, both ways included. */
  containerMs: 8 + 2 * HISTOGRAM_WIDTH,
  firstGauge: 8 + 3 * HISTOGRAM_WIDTH,
  waiting: 8 + 3 * HISTOGRAM_WIDTH,
  waitingBytes: 9 + 3 * HISTOGRAM_WIDTH,
  oldestWaitMs: 10 + 3 * HISTOGRAM_WIDTH,
  inFlight: 11 + 3 * HISTOGRAM_WIDTH,
  containers: 12 + 3 * HISTOGRAM_WIDTH,
  readiness: 13 + 3 * HISTOGRAM_WIDTH,
} as const

/** Columns of a row. */
export const FIGURES_WIDTH = FigureColumn.readiness + 1

/** Why a request has no result. Triton's reasons, and `timeout`, which Triton counts among the rejected. */
export type FailureReason = 'rejected' | 'timeout' | 'canceled' | 'container' | 'other'

/** Everything counted about one inference. */
export type InferenceFigures = Float64Array

export const inferenceFigures = (): InferenceFigures => new Float64Array(FIGURES_WIDTH)

/** Count one duration. @param column - the first one of the histogram */
export function observe(figures: InferenceFigures, column: number, durationMs: number): void {
  let bucket = 0
  while (durationMs > (DURATION_BOUNDS_MS[bucket] as number)) bucket++
  ;(figures[column + bucket] as number)++
  ;(figures[column + HISTOGRAM_WIDTH - 1] as number) += durationMs
}

/** One more. */
export function count(figures: InferenceFigures, column: number, by = 1): void {
  ;(figures[column] as number) += by
}
