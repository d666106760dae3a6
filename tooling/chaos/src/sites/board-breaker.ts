import { setTimeout as sleep } from 'node:timers/promises'
import type { RigBoard } from '@aicluster/rig'
import type { Absence } from '../oracle/board-absences'
import type { FaultTally } from '../run/fault-tally'
import type { BoardAction } from '../schedule/board-schedule'

/** Breaks boards, and puts them in order again before it says that it is done. */
export class BoardBreaker {
  readonly absences: Absence[] = []

  constructor(private readonly boards: readonly RigBoard[]) {}

  async carryOut(action: BoardAction, tally: FaultTally): Promise<void> {
    const board = this.boards[Math.floor(action.pick * this.boards.length)] as RigBoard
    tally.add(action.kind)
    switch (action.kind) {
      case 'boardCut':
        return this.away(
          board,
          action.forMs,
          () => board.cut(),
          () => board.heal(),
        )
      case 'boardOff':
        return this.away(
          board,
          action.forMs,
          () => board.off(),
          () => board.on(),
        )
      case 'engineRestarted':
        await board.stopEngine()
        return board.startEngine()
      case 'linkSlow':
        await board.rate(action.megabits)
        await sleep(action.forMs)
        return board.rate(undefined)
      case 'linkLossy':
        await board.loss(action.percent)
        await sleep(action.forMs)
        return board.loss(0)
    }
  }

  private async away(board: RigBoard, forMs: number, leave: () => Promise<void>, comeBack: () => Promise<void>): Promise<void> {
    const absence: Absence = { board: board.hostname, fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY }
    this.absences.push(absence)
    await leave()
    await sleep(forMs)
    absence.toMs = Date.now()
    await comeBack()
  }
}
