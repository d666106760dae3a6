import type { Limits } from '@aicluster/protocol'
import type { DispatchLimits } from '../dispatch/dispatch-limits'
import type { HandOutJournal } from '../journal/hand-out-journal'
import type { DataPlaneEvent } from './control-messages'

/** Something worth a line in the log. */
export type DataPlaneLog = (level: 'debug' | 'info' | 'warn', fields: Record<string, unknown>, message: string) => void

export interface DataPlaneOptions {
  epoch: number
  limits: Limits
  dispatch: DispatchLimits
  /** What earlier managers had handed out; what this one hands out is noted there. */
  journal: HandOutJournal
  /** SHA-256, in hex, of the token that applications must show; left out where the sockets themselves keep strangers out. */
  hostTokenSha256?: string
  /** Where the control plane hears of what happens. */
  emit(event: DataPlaneEvent): void
  log: DataPlaneLog
  /** Monotonic, in ms. Default: `performance.now`. */
  now?: () => number
}
