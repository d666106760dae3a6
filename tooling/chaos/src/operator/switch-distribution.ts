import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerDistributionStatus } from '@aicluster/host-sdk'
import { COMMAND_OFFENCE, type RequestJournal } from '../apps/request-journal'
import { INFERENCES } from '../world/inferences'
import { chosen } from './chosen'
import type { CommandDesk } from './command-desk'
import type { Operation } from './operation'

const TIMEOUT_MS = 3_000
/** How long it stays off under a manager that has just come, in ms. */
const AFTER_RETURN_MS = 1_000
/** While a board is loaded onto, its names are another command's: how often it tries to get in between. */
const STOP_TRIES = 10
/** Another command is changing one of the names. */
const RIGHT = [309]

type Stop = Extract<Operation, { kind: 'distributionStopped' }>
type State = ContainerDistributionStatus['distribution']

/** Where distribution is switched, both ways. */
interface Switch {
  stop(): Promise<ContainerDistributionStatus[]>
  start(): Promise<ContainerDistributionStatus[]>
}

/** Switches distribution off for a while, and writes down for which containers: see `oracle/off-times.ts`. */
export class DistributionSwitch {
  /** The inference that no container gets at the moment. */
  offNow: string | undefined

  constructor(
    private readonly desk: CommandDesk,
    private readonly journal: RequestJournal,
  ) {}

  /** Off, and after its time on again, until the cluster says so. @returns whether it was off */
  async stopFor({ of, pick, forMs }: Stop): Promise<boolean> {
    const switches: Switch[] = []
    await this.desk.give('getHandlers', [], async () => switches.push(...(await this.switchesFor(of, pick))))
    const stopped = await Promise.all(
      switches.map((one) => {
        const stop = async () => this.journal.off(this.requireState('off', await one.stop()))
        return this.desk.giveUntilDone('stopDistribution', RIGHT, stop, STOP_TRIES)
      }),
    )
    if (of === 'inference') this.offNow = nameFor(pick)
    await sleep(forMs)
    if (await this.managerWasAway()) await sleep(AFTER_RETURN_MS)
    this.offNow = undefined
    // From the first attempt on it may be on, whatever the cluster says to it.
    this.journal.on()
    await Promise.all(
      switches.map((one) => this.desk.giveUntilDone('startDistribution', RIGHT, async () => this.requireState('on', await one.start()))),
    )
    return stopped.includes(true)
  }

  /** Waits until there is a manager: what was off over its absence shall be off under its successor's first requests too. */
  private async managerWasAway(): Promise<boolean> {
    const look = () => this.desk.cluster.getCoprocessorHandler('', { timeout: TIMEOUT_MS })
    if ((await this.desk.give('getHandlers', [], look)) === 0) return false
    return this.desk.giveUntilDone('getHandlers', [], look)
  }

  private async switchesFor(of: Stop['of'], pick: number): Promise<Switch[]> {
    const { cluster } = this.desk
    const time = { timeout: TIMEOUT_MS }
    if (of === 'container') {
      const container = chosen(await cluster.getContainerHandler(nameFor(pick), time), (pick * 7) % 1)
      return [
        {
          stop: async () => [await container.stopDistribution('', time)],
          start: async () => [await container.startDistribution('', time)],
        },
      ]
    }
    const boards = await cluster.getCoprocessorHandler('', time)
    const name = of === 'inference' ? nameFor(pick) : ''
    const selected = of === 'inference' ? boards : [chosen(boards, pick)]
    return selected.map((board) => ({ stop: () => board.stopDistribution(name, time), start: () => board.startDistribution(name, time) }))
  }

  /** @returns the containers' names */
  private requireState(state: State, containers: ContainerDistributionStatus[]): string[] {
    for (const { suffixName, distribution } of containers) {
      if (distribution !== state) this.journal.note(`${COMMAND_OFFENCE}: distribution to ${suffixName} is ${distribution}, not ${state}`)
    }
    return containers.map(({ suffixName }) => suffixName)
  }
}

const nameFor = (pick: number): string => chosen(INFERENCES, pick).name
