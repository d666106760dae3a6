import type { FaultCounts, WireFaults } from '@aicluster/testing'
import type { OperationCounts } from '../operator/operation'

/** What was done to processes and inferences; wire faults are counted by the processes themselves. */
export type DoneFault =
  | 'managerKilled'
  | 'managerStopped'
  | 'managerRestarted'
  | 'containerKilled'
  | 'containerStopped'
  | 'containerDrained'
  | 'applicationKilled'
  | 'applicationStopped'
  | 'handlerHung'
  | 'inferenceCycled'
  | 'boardCut'
  | 'boardOff'
  | 'engineRestarted'
  | 'linkSlow'
  | 'linkLossy'

/** Every fault of a run, by kind. */
export type FaultTable = Partial<Record<DoneFault, number>> & OperationCounts & FaultCounts

/** Counts what was really done: a schedule may ask for what is not there at the moment. */
export class FaultTally {
  private readonly done: Partial<Record<DoneFault, number>> = {}

  /** @param operated - counts what was done by commands: an application did it */
  constructor(
    private readonly wire: WireFaults,
    private readonly operated: () => OperationCounts,
  ) {}

  add(fault: DoneFault): void {
    this.done[fault] = (this.done[fault] ?? 0) + 1
  }

  get table(): FaultTable {
    return { ...this.done, ...this.operated(), ...this.wire.counts() }
  }
}
