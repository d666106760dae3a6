import type { ProgressView } from '@aicluster/protocol'
import type { SessionPrincipal } from '../keys/principal'

/** One command on its way: who sent it, and what may be said to it until its reply. */
export interface CommandCall {
  /** Number of the application's session: what is "own" goes by it. */
  readonly session: number
  /** Host and process of the application, for the audit log. */
  readonly from: string
  /** Whose key it is, and what it may do. */
  readonly principal: SessionPrincipal
  /**
   * Aborted when the application has given the command up: take back what can be taken back and throw the signal's reason
   * (312); what cannot be is carried out. An application that goes away does not abort its commands.
   */
  readonly signal: AbortSignal
  /** Tell the application how far it is. May be lost. */
  progress(view: ProgressView): void
}
