import type { AimedFaultRates } from '@aicluster/testing'

/** Something that is done to the world at its time; `pick` is a number from 0 to 1 that chooses among what is there then. */
export type ChaosAction =
  | { kind: 'managerKilled'; startAfterMs: number }
  | { kind: 'managerStopped'; forMs: number }
  | { kind: 'managerRestarted'; startAfterMs: number }
  | { kind: 'containerKilled'; pick: number }
  | { kind: 'containerStopped'; pick: number; forMs: number }
  | { kind: 'containersRolled'; pick: number }
  | { kind: 'applicationKilled'; startAfterMs: number }
  | { kind: 'applicationStopped'; forMs: number }
  | { kind: 'inferenceCycled'; requests: number; forMs: number }
  /** Waiting requests are deleted: a few by their numbers, or all of one inference. */
  | { kind: 'queueDeleted'; of: 'request' | 'inference'; whose: 'own' | 'anybody'; pick: number }
  | { kind: 'distributionStopped'; of: 'container' | 'board' | 'inference'; pick: number; forMs: number }
  | { kind: 'inferenceReloaded'; pick: number }
  /** By the command `stop`; then started again. */
  | { kind: 'programStopped'; pick: number; forMs: number }
  /** A request that its container never answers. */
  | { kind: 'handlerHung' }
  | { kind: 'burst'; requests: number }
  | { kind: 'wireBroken'; rates: AimedFaultRates }
  | { kind: 'wireMended' }
  /** Its cable is pulled out, and put back in. */
  | { kind: 'boardCut'; pick: number; forMs: number }
  /** Its power is lost, and comes back. */
  | { kind: 'boardOff'; pick: number; forMs: number }
  /** Its containers end with it, and start again. */
  | { kind: 'engineRestarted'; pick: number }
  | { kind: 'linkSlow'; pick: number; megabits: number; forMs: number }
  /** So many of a hundred packets are lost, each way. */
  | { kind: 'linkLossy'; pick: number; percent: number; forMs: number }

export type ChaosKind = ChaosAction['kind']

/** An action and its time since the load began, in ms. */
export type ChaosEvent = ChaosAction & { atMs: number }
