import { type AbsenceFindings, AbsenceMeter } from '../oracle/board-absences'
import { OffTimes } from '../oracle/off-times'
import { readExecutions, readNotes, readRequests } from '../oracle/read-journals'
import { type Operations, readOperations } from '../oracle/read-operations'
import { type Recoveries, RecoveryMeter } from '../oracle/recoveries'
import { Verdict } from '../oracle/verdict'
import type { ChaosWorld } from '../world/chaos-world'
import { PASSING, REDELIVERED, SINKS } from '../world/inferences'

/** Longer than any process of the world stands still. */
const LATE_GRACE_MS = 5_000
/** Whose results tell that the cluster works again: they never stand still themselves. */
const STEADY = ['steady', 'callbacks']

export interface Judgement {
  verdict: Verdict
  recoveries: Recoveries
  /** What applications noted beside their requests, and how often. */
  notes: Record<string, number>
  /** How often a container's distribution was off when a successor of the manager that was told so got ready. */
  offOverRestarts: number
  /** The longest that a manager took from its start until it was ready, in ms. */
  slowestStartMs: number
  /** What became of the absences of boards; undefined: the world was on none. */
  absences: AbsenceFindings | undefined
}

/** Read every journal of a world that has ended, and judge every request in them. */
export async function judgeWorld(world: ChaosWorld): Promise<Judgement> {
  const executions = await readExecutions(world.executionsFolder)
  const { deletions, offTimes } = await operationsOf(world)
  const off = new OffTimes(offTimes)
  const rules = {
    redelivered: REDELIVERED,
    passing: new Set([PASSING.name]),
    sinks: SINKS,
    graceMs: LATE_GRACE_MS,
    deletions,
    offTimes: off,
  }
  const verdict = new Verdict(rules)
  const meter = new RecoveryMeter(world.manager.lives)
  const absences = world.rig && new AbsenceMeter(world.rig.absences, world.rig.watch.changes, world.manager.lives)
  const notes: Record<string, number> = {}
  for (const { name, journal, killedAtMs } of world.applications.flatMap(({ lives }) => lives)) {
    for (const request of (await readRequests(journal)).values()) {
      const ran = executions.get(request.id) ?? []
      verdict.add(request, ran, killedAtMs !== undefined)
      absences?.add(request, ran)
      if (STEADY.includes(name)) meter.add(request)
    }
    for (const [what, times] of Object.entries(await readNotes(journal))) notes[what] = (notes[what] ?? 0) + times
  }
  const offOverRestarts = off.overRestarts(world.manager.lives.flatMap(({ readyAtMs }) => readyAtMs ?? []))
  const startsMs = world.manager.lives.map(({ startedAtMs, readyAtMs = startedAtMs }) => readyAtMs - startedAtMs)
  const slowestStartMs = Math.max(0, ...startsMs)
  return { verdict, recoveries: meter.recoveries, notes, offOverRestarts, slowestStartMs, absences: absences?.findings }
}

async function operationsOf(world: ChaosWorld): Promise<Operations> {
  const operators = world.applications.filter(({ name }) => name === 'operating')
  const read = await Promise.all(operators.flatMap(({ lives }) => lives).map(({ journal }) => readOperations(journal)))
  return { deletions: read.flatMap(({ deletions }) => deletions), offTimes: read.flatMap(({ offTimes }) => offTimes) }
}
