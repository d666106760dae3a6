import { setTimeout as pause } from 'node:timers/promises'
import type { AICluster } from '@aicluster/host-sdk'
import { answersPerBoard } from './answers-per-board'
import type { Cable } from './cable'
import { say } from './say'

const LOOK_EVERY_MS = 25
/** Answers that show that a board works, or that the others go on. */
const SOME_ANSWERS = 200
const EACH_STEP_MS = 60_000

/** What `--json` tells of the board that was cut off. */
export interface CutStory {
  cutBoard: string
  /** From the cut until the manager gave the board's container nothing any more, in ms. */
  noticedMs: number
  /** From the cable's return until the container there answers again, in ms. */
  recoveredMs: number
}

/** The story, and what the manager no longer counts: it counts for each connection of a container from 0. */
export interface ToldStory {
  story: CutStory
  /** Answers of the board before it was cut off. */
  answersBefore: number
}

/** While images are being sent: let a board work, cut it off, see the others go on, give it back. @throws Error naming the step that took too long */
export async function cutAndHeal(cluster: AICluster, cable: Cable, signal: AbortSignal): Promise<ToldStory> {
  const { board } = cable
  const answers = async (own: boolean): Promise<number> => {
    const all = Object.entries(await answersPerBoard(cluster))
    return all.filter(([name]) => (name === board) === own).reduce((sum, [, count]) => sum + count, 0)
  }
  const connected = async (): Promise<boolean> => (await cluster.getMetrics()).credits.some((row) => row.board === board && row.connected)
  const until = async (what: string, look: () => Promise<boolean>): Promise<number> => {
    const since = performance.now()
    while (!(await look())) {
      signal.throwIfAborted()
      if (performance.now() - since > EACH_STEP_MS) throw new Error(`waited ${EACH_STEP_MS} ms until ${what}`)
      await pause(LOOK_EVERY_MS)
    }
    return Math.round(performance.now() - since)
  }

  await until(`${board} works`, async () => (await answers(true)) >= SOME_ANSWERS)
  await cable.cut()
  say(`\n${board} is cut off ...`)
  let answersBefore = await answers(true)
  const noticedMs = await until('the cut is noticed', async () => {
    answersBefore = Math.max(answersBefore, await answers(true))
    return !(await connected())
  })
  const before = await answers(false)
  say(`... which was noticed after ${noticedMs} ms; the others go on ...`)
  await until('the others go on', async () => (await answers(false)) >= before + SOME_ANSWERS)
  const last = await answers(true)
  await cable.heal()
  const recoveredMs = await until(`${board} answers again`, async () => (await connected()) && (await answers(true)) > last)
  say(`... and it answers again ${recoveredMs} ms after it was given back.`)
  return { story: { cutBoard: board, noticedMs, recoveredMs }, answersBefore: answersBefore - last }
}
