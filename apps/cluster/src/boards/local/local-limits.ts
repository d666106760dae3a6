import type { BackoffTimes } from './restart-backoff'

/** Times and sizes of a local board; tests make them small. */
export interface LocalLimits extends BackoffTimes {
  /** ms between two looks at a program that an earlier manager started (it is not our child: nobody tells us its end). */
  adoptedPollMs: number
  /** ms between two looks at the size of the logs. */
  logCheckMs: number
  /** A log larger than this many bytes is put aside at the next look. */
  logBytes: number
  /** Files per stream, the one being written included. */
  logFiles: number
}

export const DEFAULT_LIMITS: LocalLimits = {
  restartFirstMs: 100,
  restartMaxMs: 60_000,
  restartResetMs: 10_000,
  crashLoopExits: 8,
  adoptedPollMs: 250,
  logCheckMs: 5_000,
  logBytes: 5 * 1024 * 1024,
  logFiles: 3,
}
