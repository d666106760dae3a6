import type { ChaosAction } from '../schedule/chaos-event'

/** What the operator of a run is told to do with commands, as any application may. */
export type Operation = Extract<ChaosAction, { kind: OperationKind }>

/** Everything that an operator does. */
export type OperationKind = 'queueDeleted' | 'distributionStopped' | 'inferenceReloaded' | 'programStopped'

/** How often each was carried out: the cluster said so. */
export type OperationCounts = Partial<Record<OperationKind, number>>
