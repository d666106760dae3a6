import { setMaxListeners } from 'node:events'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { FAULTS_NOTICED_MS } from '@aicluster/testing'
import { heapGrowth, readHeapSamples } from '../heap/heap-growth'
import type { ChaosOptions } from '../options'
import type { ChaosFindings } from '../report/chaos-report'
import type { ChaosEvent } from '../schedule/chaos-event'
import { countKinds } from '../schedule/make-schedule'
import { ChaosWorld } from '../world/chaos-world'
import { HANG_NOTICED_MS, SOURCE } from '../world/inferences'
import { carryOut } from './carry-out'
import { crashesIn } from './crashes'
import { FaultTally } from './fault-tally'
import { judgeWorld } from './judge-world'
import { lookForRest } from './rest'

const PROGRESS_MS = 5_000
/** The load ends in a world that has had time to work again, in ms. */
const CALM_LOAD_MS = 8_000

/** One run: a world, its load, its schedule, its quiet end, and the judgement. */
export class ChaosRun {
  private readonly world: ChaosWorld
  private readonly tally: FaultTally
  private readonly stopped = new AbortController()
  private startedAtMs = 0

  /** @param say - takes progress, a line at a time */
  constructor(
    private readonly options: ChaosOptions,
    private readonly say: (line: string) => void,
  ) {
    this.world = new ChaosWorld(options)
    this.tally = new FaultTally(this.world.wire, () => this.world.applications.find(({ name }) => name === 'operating')?.latest.done ?? {})
    // Every lane of the schedule listens.
    setMaxListeners(0, this.stopped.signal)
  }

  /** Where everything is that the processes wrote. */
  get folder(): string {
    return this.world.folder
  }

  async run(): Promise<ChaosFindings> {
    const { world, options } = this
    const schedule = this.schedule()
    this.say(`world in ${world.folder}: starting`)
    await world.start()
    this.startedAtMs = performance.now()
    const progress = setInterval(() => this.say(this.progressLine()), PROGRESS_MS)
    try {
      await Promise.all([
        carryOut(schedule, world, this.tally, this.stopped.signal),
        sleep(options.lengthMs, undefined, { signal: this.stopped.signal }),
      ])
      world.wire.set({})
      this.say('nothing is broken any more: the load goes on for a moment')
      await sleep(FAULTS_NOTICED_MS + CALM_LOAD_MS, undefined, { signal: this.stopped.signal })
      world.stopLoad()
      this.say(`the load has ended: quiet for ${options.quietMs / 1_000} s`)
      await sleep(options.quietMs, undefined, { signal: this.stopped.signal })
    } finally {
      clearInterval(progress)
    }
    const withContainers = [...world.site.inferences.map(({ name }) => name), SOURCE]
    const rest = await lookForRest(world.cluster, { withContainers, boards: world.site.boards })
    const faults = this.tally.table
    // Of the last minutes: the quiet ones weigh little.
    const machineLoad = loadavg()[2] ?? 0
    this.say('ending the world, and judging')
    const crashes = crashesIn(world.folder)
    const { orphans, leftovers } = await world.end()
    const unexpectedEnds = [world.manager, ...world.applications].flatMap(({ unexpected }) => unexpected).concat(crashes)
    return {
      ...(await judgeWorld(world)),
      options,
      schedule: countKinds(schedule),
      faults,
      rest,
      heap: heapGrowth(readHeapSamples(world.heapsFolder)),
      orphans,
      leftovers,
      machineLoad,
      unexpectedEnds,
    }
  }

  /** End whatever still runs, and remove the folder unless it is to be kept. Twice does no harm. */
  async cleanUp(): Promise<void> {
    this.stopped.abort()
    this.world.killAll()
    await this.world.endSite()
    if (!this.options.keep) this.world.remove()
  }

  private schedule(): ChaosEvent[] {
    const { calm, seed, lengthMs, quietMs } = this.options
    if (calm) return []
    const events = this.world.site.schedule(seed, lengthMs)
    // In a short quiet nobody has time to notice that a handler hangs.
    return quietMs > HANG_NOTICED_MS ? events : events.filter(({ kind }) => kind !== 'handlerHung')
  }

  private progressLine(): string {
    const { applications } = this.world
    const sum = (pick: (totals: { requests: number; outcomes: number }) => number) =>
      applications.reduce((total, { totals }) => total + pick(totals), 0)
    const open = applications.reduce((total, { latest }) => total + latest.open, 0)
    const faults = Object.values(this.tally.table).reduce((total, count) => total + count, 0)
    const seconds = Math.round((performance.now() - this.startedAtMs) / 1_000)
    return `${String(seconds).padStart(5)} s  ${sum(({ requests }) => requests)} requests, ${sum(({ outcomes }) => outcomes)} outcomes, ${open} open, ${faults} faults`
  }
}
