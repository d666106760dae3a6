import type { ContainerHandler, CoprocessorHandler } from '@aicluster/host-sdk'
import { startWorld, type World, type WorldOptions } from '../../worlds/world'
import { LOOP, type Targets } from '../api-calls'

/** A cluster on which rows are proven, started when the first of them asks for it. */
export class Stage {
  private readonly made = new Map<string, Promise<unknown>>()
  private readonly closers: (() => Promise<unknown>)[] = []

  constructor(private readonly options: WorldOptions = {}) {}

  /** What `make` makes, once a stage. */
  once<T>(what: string, make: () => Promise<T>): Promise<T> {
    const before = this.made.get(what) as Promise<T> | undefined
    if (before) return before
    const making = make()
    this.made.set(what, making)
    return making
  }

  /** The cluster, with a `Loop` on both boards. */
  world(): Promise<World> {
    return this.once('the world', async () => {
      const world = await startWorld(this.options)
      await world.cluster.loadInference({ name: LOOP, implementationType: 'Loop' }, 'all')
      return world
    })
  }

  /** What the methods are called on: an application, its first board, the Loop on that. */
  targets(): Promise<Targets & { board: CoprocessorHandler; container: ContainerHandler }> {
    return this.once('the targets', async () => {
      const { cluster } = await this.world()
      const [boards, containers] = await Promise.all([cluster.getCoprocessorHandler(), cluster.getContainerHandler(LOOP)])
      return { cluster, board: boards[0] as CoprocessorHandler, container: containers[0] as ContainerHandler }
    })
  }

  /** Something to end before the cluster ends. */
  beforeClose(closer: () => Promise<unknown>): void {
    this.closers.push(closer)
  }

  /** End it, if it was ever started. */
  async close(): Promise<void> {
    if (!this.made.has('the world')) return
    const world = await this.world()
    for (const close of this.closers) await close()
    await world[Symbol.asyncDispose]()
  }
}
