import { setTimeout as sleep } from 'node:timers/promises'
import type { AICluster } from '@aicluster/host-sdk'
import type { RequestJournal } from '../apps/request-journal'
import type { Requester } from '../apps/requester'
import { BURST_INFERENCE, INFERENCES, LOOP, WITH_CONTAINERS } from '../world/inferences'
import { chosen } from './chosen'
import { CommandDesk } from './command-desk'
import { QueueDeleter } from './delete-from-queue'
import type { Operation, OperationCounts, OperationKind } from './operation'
import { DistributionSwitch } from './switch-distribution'

const COMMAND_TIMEOUT_MS = 20_000
/** Under load an inference is idle now and then: how often a reload looks for such a moment. */
const RELOAD_TRIES = 40
const STOP_TRIES = 20

/** Does with commands what the schedule says, one of a kind at a time, and undoes it again. Whatever fails meanwhile is noted. */
export class Operator {
  readonly done: OperationCounts = {}
  private readonly desk: CommandDesk
  private readonly deleter: QueueDeleter
  private readonly distribution: DistributionSwitch
  private readonly lanes = new Map<OperationKind, Promise<void>>()

  /** @param mayBegin - nothing new is begun once the load has ended */
  constructor(
    cluster: AICluster,
    journal: RequestJournal,
    requester: Requester,
    private readonly mayBegin: () => boolean,
  ) {
    this.desk = new CommandDesk(cluster, journal)
    this.deleter = new QueueDeleter(this.desk, journal, requester)
    this.distribution = new DistributionSwitch(this.desk, journal)
  }

  /** In its turn. */
  operate(operation: Operation): void {
    const { kind } = operation
    const before = this.lanes.get(kind) ?? Promise.resolve()
    this.lanes.set(
      kind,
      before.then(async () => {
        if (this.mayBegin() && (await this.carryOut(operation))) this.done[kind] = (this.done[kind] ?? 0) + 1
      }),
    )
  }

  private carryOut(operation: Operation): Promise<boolean> {
    switch (operation.kind) {
      case 'queueDeleted':
        return this.deleter.delete(
          operation,
          this.distribution.offNow ?? (operation.pick < 0.7 ? BURST_INFERENCE : chosen(INFERENCES, operation.pick).name),
        )
      case 'distributionStopped':
        return this.distribution.stopFor(operation)
      case 'inferenceReloaded':
        return this.reload(chosen([...WITH_CONTAINERS, LOOP], operation.pick))
      case 'programStopped':
        return this.stopProgram(operation.pick, operation.forMs)
    }
  }

  /** 303: it is in use; 309: another command has its name; 311: its new container was killed, and the earlier one goes on. */
  private reload(name: string): Promise<boolean> {
    const reload = () => this.desk.cluster.reloadInference(name, { timeout: COMMAND_TIMEOUT_MS })
    return this.desk.giveUntilDone('reloadInference', [303, 309, 311], reload, RELOAD_TRIES)
  }

  private async stopProgram(pick: number, forMs: number): Promise<boolean> {
    const { cluster } = this.desk
    const container = async () => {
      const handlers = await cluster.getContainerHandler(chosen(WITH_CONTAINERS, pick), { timeout: COMMAND_TIMEOUT_MS })
      return chosen(handlers, (pick * 7) % 1)
    }
    const stop = async () => (await container()).stop({ timeout: COMMAND_TIMEOUT_MS })
    const stopped = await this.desk.giveUntilDone('stop', [309], stop, STOP_TRIES)
    await sleep(forMs)
    // 311: it was killed while it started.
    await this.desk.giveUntilDone('start', [309, 311], async () => (await container()).start({ timeout: COMMAND_TIMEOUT_MS }))
    return stopped
  }
}
