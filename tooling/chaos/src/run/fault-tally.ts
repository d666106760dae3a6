import type { FaultCounts, WireFaults } from '@aicluster/testing'

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

/** Every fault of a run, by kind. */
export type FaultTable = Partial<Record<DoneFault, number>> & FaultCounts

/** Counts what was really done: a schedule may ask for what is not there at the moment. */
export class FaultTally {
  private readonly done: Partial<Record<DoneFault, number>> = {}

  constructor(private readonly wire: WireFaults) {}

  add(fault: DoneFault): void {
    this.done[fault] = (this.done[fault] ?? 0) + 1
  }

  get table(): FaultTable {
    return { ...this.done, ...this.wire.counts() }
  }
}
