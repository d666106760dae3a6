import { setTimeout as sleep } from 'node:timers/promises'
import type { DeleteQueueOptions } from '@aicluster/host-sdk'
import type { RequestJournal } from '../apps/request-journal'
import type { Requester } from '../apps/requester'
import { type CommandDesk, isUnknown } from './command-desk'
import type { Operation } from './operation'

/** Own requests that are sent just before, so that some of them wait. */
const OWN_REQUESTS = 120
const ARRIVAL_MS = 30
const MOST_READ = 400
const MOST_DELETED = 3
const TIMEOUT_MS = 5_000

type QueueDeletion = Extract<Operation, { kind: 'queueDeleted' }>

/** Deletes waiting requests, and writes down beforehand which it asks for: see `oracle/deletions.ts`. */
export class QueueDeleter {
  constructor(
    private readonly desk: CommandDesk,
    private readonly journal: RequestJournal,
    private readonly requester: Requester,
  ) {}

  /** @returns whether the cluster has carried it out */
  async delete({ of, whose }: QueueDeletion, inferenceName: string): Promise<boolean> {
    for (let sent = 0; sent < OWN_REQUESTS; sent++) this.requester.send(inferenceName)
    await sleep(ARRIVAL_MS)
    if (of === 'inference') return this.ask({ inferenceName, forceDelete: whose === 'anybody' })
    let deleted = false
    for (const requestNo of await this.waiting(inferenceName, whose)) {
      deleted = (await this.ask({ requestNo, forceDelete: whose === 'anybody' })) || deleted
    }
    return deleted
  }

  /** Numbers of a few requests that wait: own ones, or those of others. */
  private async waiting(inferenceName: string, whose: QueueDeletion['whose']): Promise<string[]> {
    const numbers: string[] = []
    await this.desk.give('getQueueInfo', [], async () => {
      const entries = await this.desk.cluster.getQueueInfo({ inferenceName, limit: MOST_READ, timeout: TIMEOUT_MS })
      const queued = entries.filter(({ state, own }) => state === 'queued' && own === (whose === 'own'))
      numbers.push(...queued.slice(-MOST_DELETED).map(({ requestNo }) => requestNo))
    })
    return numbers
  }

  private async ask(options: DeleteQueueOptions): Promise<boolean> {
    const { requestNo, inferenceName = '-', forceDelete = false } = options
    this.journal.deletes({ requestNo: String(requestNo ?? '-'), inference: inferenceName, own: !forceDelete })
    // What others have waiting is not deleted without force; an own request always is.
    const right = forceDelete || requestNo !== undefined ? [] : [308]
    const code = await this.desk.give('deleteQueue', right, () => this.desk.cluster.deleteQueue({ ...options, timeout: TIMEOUT_MS }))
    this.journal.deleted(isUnknown(code) ? 'unknown' : code === 0 ? 'done' : 'refused')
    return code === 0
  }
}
