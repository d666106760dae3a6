/** What a message carries, as far as faults are aimed. */
export const FAULT_AIMS = ['Requests', 'Replies', 'Others'] as const
export type FaultAim = (typeof FAULT_AIMS)[number]

/** What may happen to a message on its way. */
export const FAULT_KINDS = ['lost', 'doubled', 'delayed', 'truncated'] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** How often each fault happens to a message: probabilities, whose sum is at most 1. What is left out does not happen. */
export type FaultRates = Partial<Record<FaultKind, number>>

/** Rates by what a message carries: a request record, a result or an error, or neither (hellos, acks, commands, …). */
export type AimedFaultRates = Partial<Record<FaultAim, FaultRates>>

/** A fault of one kind at one aim: `lostReplies`. */
export type FaultName = `${FaultKind}${FaultAim}`

/** How often each fault has happened; one that is missing has not. */
export type FaultCounts = Partial<Record<FaultName, number>>

/** What the processes of a world read: see `WireFaults`, which writes it. */
export interface FaultOrders {
  seed: number
  rates: AimedFaultRates
  /** A delayed message leaves between so many ms later. */
  delayMs: readonly [number, number]
}
