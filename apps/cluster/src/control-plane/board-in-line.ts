import { type AIClusterError, asAIClusterError } from '@aicluster/protocol'
import type { Board, IsKnown } from '../boards/board'
import { boardError } from '../boards/board-error'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import type { Registry } from '../registry/registry'
import type { ContainerFleet } from './container-fleet'
import type { ControlPlane, ControlPlaneOptions } from './control-plane'
import { processesRefusal } from './processes-allowed'

/** Of the control plane: what it takes to bring a board in line. */
export interface WatchedPlane extends Pick<ControlPlane, 'locks' | 'unreadable'> {
  readonly registry: Pick<Registry, 'all' | 'get' | 'set'>
  readonly fleet: Pick<ContainerFleet, 'adopt' | 'restart' | 'rest' | 'expectAgain' | 'get' | 'known' | 'onBoardDown'>
  readonly options: Pick<ControlPlaneOptions, 'config' | 'dataPlane' | 'log'>
}

/** What is not known to be on one board as it is registered, and how that is brought about. */
export class BoardInLine {
  /** Nothing that is there has been looked at. */
  private unseen = true
  /** Inferences whose containers there are to be looked at. */
  private readonly toSee = new Set<string>()
  /** Instances that could not be started: they are to run, whatever the restart policy says. */
  private readonly failed = new Set<string>()
  /** Instances with which something has failed, and that nobody has looked at since. */
  private readonly doubted = new Set<string>()
  /** Inferences that are being looked at. */
  private readonly at = new Set<string>()
  /** Inferences that a command holds: looked at when it is done. */
  private readonly held = new Set<string>()

  /** @param onFree - a command is done with what kept something from being looked at */
  constructor(
    private readonly plane: WatchedPlane,
    private readonly board: Board,
    private readonly onFree: () => void,
  ) {}

  /** The board has come up: whatever may have happened there. */
  forgetAll(): void {
    this.unseen = true
  }

  /** Something has failed with a container there. */
  doubt(instance: string): void {
    this.doubted.add(instance)
    this.failed.add(instance)
  }

  isInDoubt(instance: string): boolean {
    return this.doubted.has(instance)
  }

  /** What is told to whoever has waited for it long enough. */
  late(ms: number): AIClusterError {
    const what = this.at.size > 0 ? `${[...this.at].join(', ')}: ` : ''
    return boardError(
      this.board.name,
      'bring it in line with what is registered',
      `${what}it takes longer than ${ms} ms; try again in a moment`,
    )
  }

  /** @returns what has failed. What a command holds meanwhile is left for later, and is no failure */
  async bring(): Promise<unknown[]> {
    const { registry, unreadable } = this.plane
    const failures: unknown[] = []
    const there = registry.all().filter((record) => hasProgramOn(record, this.board.name))
    this.keepRegistered(there)
    await Promise.all(there.filter((record) => this.isToBeSeen(record)).map((record) => this.look(record, failures)))
    // Whose file cannot be read may still be running what somebody needs.
    if (unreadable.length > 0) return failures
    await this.board.sweep(this.isKnown).catch((error) => failures.push(error))
    return failures
  }

  private keepRegistered(there: readonly InferenceRecord[]): void {
    const instances = new Set(there.flatMap(({ containers }) => containers.map(({ instance }) => instance)))
    for (const set of [this.failed, this.doubted]) for (const instance of set) if (!instances.has(instance)) set.delete(instance)
    const names = new Set(there.map(({ config }) => config.name))
    for (const name of this.toSee) if (!names.has(name)) this.toSee.delete(name)
    if (this.unseen) for (const name of names) this.toSee.add(name)
    this.unseen = false
  }

  private isToBeSeen({ config, containers }: InferenceRecord): boolean {
    return this.toSee.has(config.name) || containers.some(({ instance }) => this.failed.has(instance))
  }

  private async look({ config: { name }, config }: InferenceRecord, failures: unknown[]): Promise<void> {
    const { locks, registry } = this.plane
    const names = servedNames(config)
    const looked = await locks.tryOwn(
      names,
      (ms) => this.late(ms),
      async () => {
        this.at.add(name)
        await this.resumeAll(registry.get(name), failures).catch((error) => failures.push(error))
        this.at.delete(name)
      },
    )
    if (looked || this.held.has(name)) return
    this.held.add(name)
    void locks.whenFree(names).then(() => {
      this.held.delete(name)
      this.onFree()
    })
  }

  private async resumeAll(record: InferenceRecord | undefined, failures: unknown[]): Promise<void> {
    if (!record) return
    const { log } = this.plane.options
    const { name } = record.config
    const all = this.toSee.delete(name)
    const containers = await Promise.all(
      record.containers.map(async (container) => {
        const { instance, board, suffix_name: suffix } = container
        if (board !== this.board.name || !(all || this.failed.has(instance))) return container
        try {
          const resumed = await this.resume(record, container)
          this.failed.delete(instance)
          this.doubted.delete(instance)
          return resumed
        } catch (error) {
          failures.push(error)
          if (!this.failed.has(instance)) this.toSee.add(name)
          log.error({ container: suffix, board, reason: asAIClusterError(error).message }, 'a registered container could not be started')
          return container
        }
      }),
    )
    if (containers.some((container, index) => container !== record.containers[index])) {
      await this.plane.registry.set({ ...record, containers })
    }
  }

  /** @returns its record: another one if it had to be made anew */
  private async resume(record: InferenceRecord, container: ContainerRecord): Promise<ContainerRecord> {
    const { fleet, options } = this.plane
    const { instance } = container
    const refusal = processesRefusal(options.config, record.config, container.board)
    if (refusal !== undefined) {
      options.log.warn({ container: container.suffix_name, board: container.board, reason: refusal }, 'a registered container may not run')
    }
    // What an earlier manager has left running is ended then. Its record stays: under a manager that may, it runs again.
    if (container.stopped || refusal !== undefined) {
      await fleet.rest(record, container)
      return container
    }
    if (await fleet.adopt(record, container)) return container
    // One that is not started again by itself, and has ended while we looked, has ended.
    if (record.config.restart === 'never' && fleet.get(instance) && !this.failed.has(instance)) return container
    await options.dataPlane.call('forgetContainer', instance)
    try {
      // The same instance: its files are still there and are used again.
      return await fleet.restart(record, container)
    } catch (error) {
      this.failed.add(instance)
      await fleet.expectAgain(record, container)
      // Until it starts, commands have something that they can bring files to, and remove.
      await fleet.rest(record, container).then(
        () => this.doubted.delete(instance),
        () => {},
      )
      throw error
    }
  }

  /** Asked at the moment it counts: commands go on meanwhile. */
  private readonly isKnown: IsKnown = ({ instance, suffixName }) => {
    const registered = this.plane.registry
      .all()
      .flatMap(({ containers }) => containers.map(({ instance, suffix_name }) => ({ instance, suffixName: suffix_name })))
    const known = [...registered, ...this.plane.fleet.known]
    return known.some((one) => (instance === undefined ? one.suffixName === suffixName : one.instance === instance))
  }
}

const hasProgramOn = ({ config, containers }: InferenceRecord, board: string): boolean =>
  implementationOf(config) !== 'Loop' && containers.some((container) => container.board === board)
