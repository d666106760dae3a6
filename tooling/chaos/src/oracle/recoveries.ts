import type { ManagerLife } from '../world/manager-keeper'
import type { RequestRecord } from './request-record'

const NEVER = Number.POSITIVE_INFINITY

export interface Recoveries {
  /** From each `kill -9` of a manager to the first result after its successor was ready, in ms, in order. */
  recoveriesMs: number[]
  /** The same from the start of the successor: what the schedule waited before it does not count. */
  sinceStartMs: number[]
  /** Kills after which no result came any more. */
  never: number
  /** Most requests that had no outcome when a manager was killed. */
  mostOpenAtKill: number
}

interface Kill {
  killedAtMs: number
  startedAtMs: number
  readyAtMs: number
  firstResultAtMs: number
  open: number
}

/** Measures recoveries from requests as they go by. */
export class RecoveryMeter {
  private readonly kills: Kill[]

  /** @param lives - of all managers, in order */
  constructor(lives: readonly ManagerLife[]) {
    this.kills = lives.flatMap(({ killedAtMs }, i) => {
      if (killedAtMs === undefined) return []
      const successor = lives.slice(i + 1).find((life) => life.readyAtMs !== undefined)
      const { startedAtMs = NEVER, readyAtMs = NEVER } = successor ?? {}
      return [{ killedAtMs, startedAtMs, readyAtMs, firstResultAtMs: NEVER, open: 0 }]
    })
  }

  add({ sentAtMs, outcomes: [outcome] }: RequestRecord): void {
    if (!outcome || outcome.kind === 'refused') return
    for (const kill of this.kills) {
      if (sentAtMs <= kill.killedAtMs && outcome.atMs > kill.killedAtMs) kill.open++
      // A result that came before the successor was ready was on its way already.
      if (outcome.kind === 'result' && outcome.atMs >= kill.readyAtMs) kill.firstResultAtMs = Math.min(kill.firstResultAtMs, outcome.atMs)
    }
  }

  get recoveries(): Recoveries {
    const recovered = this.kills.filter(({ firstResultAtMs }) => Number.isFinite(firstResultAtMs))
    return {
      recoveriesMs: recovered.map(({ killedAtMs, firstResultAtMs }) => firstResultAtMs - killedAtMs),
      sinceStartMs: recovered.map(({ startedAtMs, firstResultAtMs }) => firstResultAtMs - startedAtMs),
      never: this.kills.length - recovered.length,
      mostOpenAtKill: Math.max(0, ...this.kills.map(({ open }) => open)),
    }
  }
}
