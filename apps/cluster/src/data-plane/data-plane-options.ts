import type { Limits } from '@aicluster/protocol'
import type { DispatchLimits } from '../dispatch/dispatch-limits'
import type { HandOutJournal } from '../journal/hand-out-journal'
import type { NumberOwners } from '../journal/number-owners'
import type { DataPlaneEvent } from './control-messages'
import type { Admission, Principals } from './principals'

/** Something worth a line in the log. */
export type DataPlaneLog = (level: 'debug' | 'info' | 'warn', fields: Record<string, unknown>, message: string) => void

export interface DataPlaneOptions {
  epoch: number
  limits: Limits
  dispatch: DispatchLimits
  /** What earlier managers had handed out; what this one hands out is noted there. */
  journal: HandOutJournal
  /** Applications that may come. */
  principals: Principals
  /** Who got which numbers, through restarts. */
  numberOwners: NumberOwners
  /** The sockets are bound beyond loopback, and nothing protects what passes. */
  exposed: boolean
  /** CURVE on all sockets: the manager's secret key, and who lets keys in. */
  curve?: { secretKey: string; admission: Admission }
  /** Where the control plane hears of what happens. */
  emit(event: DataPlaneEvent): void
  log: DataPlaneLog
  /** Monotonic, in ms. Default: `performance.now`. */
  now?: () => number
}
