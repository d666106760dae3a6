import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCase } from './cases'
import { ClusterWorld } from './cluster-world'
import { FloorWorld } from './floor-world'
import type { BenchOptions } from './options'
import type { BlockFigures, World } from './world'

/** Many small requests, which compile everything, come before a first block of the case itself. */
const WARM_UP = { bytes: 100, depth: 64 }
const WARM_UP_SECONDS = 1

/** `before` is the checkout of `--against`; `curve` is ours, encrypted. */
export type Contender = 'floor' | 'ours' | 'before' | 'curve'

/** The blocks of one case, in the order they ran: the nth of each ran in the same round. */
export interface CaseBlocks {
  load: BenchCase
  blocks: Partial<Record<Contender, BlockFigures[]>>
}

/** Runs cases one after another. Whatever is running can be ended at any time. */
export class Measurement {
  private readonly worlds: World[] = []

  constructor(
    private readonly options: BenchOptions,
    private readonly folder: string,
    private readonly progress: (line: string) => void,
  ) {}

  /** Fresh processes for the case, a warm-up of each contender, then turns: floor, ours, floor, ours, … */
  async run(load: BenchCase): Promise<CaseBlocks> {
    const { rounds, seconds } = this.options
    const contenders = await this.startWorlds(load)
    for (const [name, world] of contenders) {
      this.progress(`${load.name}: warming up ${name}`)
      // A large body passes so rarely that the code would still be compiled while it is measured.
      await world.runBlock({ ...load, ...WARM_UP }, WARM_UP_SECONDS)
      await world.runBlock(load, Math.min(seconds, WARM_UP_SECONDS))
    }
    const blocks: CaseBlocks['blocks'] = {}
    for (let round = 1; round <= rounds; round++) {
      for (const [name, world] of contenders) {
        this.progress(`${load.name}: round ${round} of ${rounds}, ${name}`)
        const figures = await world.runBlock(load, seconds)
        blocks[name] = [...(blocks[name] ?? []), figures]
      }
    }
    await this.end()
    return { load, blocks }
  }

  /** End every process. */
  async end(): Promise<void> {
    await Promise.all(this.worlds.splice(0).map((world) => world.end()))
  }

  private async startWorlds(load: BenchCase): Promise<[Contender, World][]> {
    const { options } = this
    this.progress(`${load.name}: starting`)
    const folderOf = (name: Contender): string => {
      const folder = join(this.folder, `${load.name}-${name}`)
      mkdirSync(folder, { mode: 0o700 })
      return folder
    }
    const floor = new FloorWorld(options, folderOf('floor'))
    const ours = new ClusterWorld(options, options.root, folderOf('ours'), options.profile && join(options.profile, load.name))
    const before = options.against ? new ClusterWorld(options, options.against, folderOf('before'), undefined) : undefined
    const curve = options.curve ? new ClusterWorld(options, options.root, folderOf('curve'), undefined, true) : undefined
    this.worlds.push(floor, ours, ...[before, curve].filter((world) => world !== undefined))
    await floor.start()
    await ours.start()
    await before?.start()
    await curve?.start()
    return [
      ['floor', floor],
      ['ours', ours],
      ...(before ? [['before', before] satisfies [Contender, World]] : []),
      ...(curve ? [['curve', curve] satisfies [Contender, World]] : []),
    ]
  }
}
