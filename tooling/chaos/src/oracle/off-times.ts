import type { Execution, RequestRecord } from './request-record'

/** A time in which a container got nothing, from the cluster's word to the first attempt to change that, in ms since 1970. */
export interface OffTime {
  container: string
  fromMs: number
  toMs: number
}

/** When distribution to containers was off. Pure. */
export class OffTimes {
  private readonly byContainer = new Map<string, OffTime[]>()

  constructor(readonly all: readonly OffTime[]) {
    for (const time of all) this.byContainer.set(time.container, [...(this.byContainer.get(time.container) ?? []), time])
  }

  /** Whether it was handed out while its container was off. One that was sent before may have been there already, so it tells nothing. */
  forbid({ sentAtMs }: RequestRecord, { container, atMs }: Execution): boolean {
    const times = this.byContainer.get(container) ?? []
    return times.some(({ fromMs, toMs }) => sentAtMs > fromMs && atMs > fromMs && atMs < toMs)
  }

  /** How often a container was off when a manager got ready: its predecessor was told. */
  overRestarts(readyAtMs: readonly number[]): number {
    return this.all.filter(({ fromMs, toMs }) => readyAtMs.some((atMs) => atMs > fromMs && atMs < toMs)).length
  }
}
