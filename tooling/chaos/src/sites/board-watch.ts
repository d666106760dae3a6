import { setTimeout as sleep } from 'node:timers/promises'
import type { AICluster } from '@aicluster/host-sdk'
import type { BoardChange } from '../oracle/board-absences'

const LOOK_EACH_MS = 50
const ANSWER_LIMIT_MS = 1_000

/** Asks the manager again and again which boards are up, and writes down what changes. */
export class BoardWatch {
  readonly changes: BoardChange[] = []
  private readonly states = new Map<string, BoardChange['state']>()
  private watching = false

  begin(cluster: AICluster): void {
    this.watching = true
    void this.watch(cluster)
  }

  end(): void {
    this.watching = false
  }

  private async watch(cluster: AICluster): Promise<void> {
    while (this.watching) {
      // There may be no manager at the moment.
      const boards = await cluster.getCoprocessorHandler('', { timeout: ANSWER_LIMIT_MS }).catch(() => [])
      const atMs = Date.now()
      for (const { name, state } of boards) {
        if (this.states.get(name) === state) continue
        this.states.set(name, state)
        this.changes.push({ board: name, state, atMs })
      }
      await sleep(LOOK_EACH_MS)
    }
  }
}
