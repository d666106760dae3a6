import { join } from 'node:path'
import type { BenchCase } from './cases'
import { Child, programFile } from './child'
import type { BenchOptions } from './options'
import type { ForwarderStart } from './programs/floor-forwarder'
import { type BlockFigures, measureBlock, type World } from './world'

/** The least that this runtime needs for two hops: bare sockets, one process between them, no protocol. */
export class FloorWorld implements World {
  private readonly children: Child[] = []
  private driver: Child | undefined
  private forwarder: Child | undefined
  private echoes: Child[] = []

  constructor(
    private readonly options: BenchOptions,
    private readonly folder: string,
  ) {}

  async start(): Promise<void> {
    const { transport, containers } = this.options
    const at = (socket: string) => (transport === 'ipc' ? `ipc://${join(this.folder, socket)}` : 'tcp://127.0.0.1:*')
    this.forwarder = this.child('floor forwarder', 'floor-forwarder')
    const bound = await this.forwarder.ask<ForwarderStart>({ front: at('front'), back: at('back') } satisfies ForwarderStart)
    this.echoes = Array.from({ length: containers }, (_, i) => this.child(`floor echo ${i + 1}`, 'floor-echo'))
    await Promise.all(this.echoes.map((echo) => echo.ask({ endpoint: bound.back })))
    this.driver = this.child('floor driver', 'floor-driver')
    await this.driver.ask({ type: 'start', endpoint: bound.front })
  }

  runBlock(load: BenchCase, seconds: number): Promise<BlockFigures> {
    const { driver, forwarder } = this
    if (!driver || !forwarder) throw new Error('the floor has not been started')
    return measureBlock(
      driver,
      [forwarder.pid],
      this.echoes.map(({ pid }) => pid),
      load,
      seconds,
    )
  }

  async end(): Promise<void> {
    await Promise.all(this.children.map((child) => child.end()))
  }

  private child(name: string, program: string): Child {
    const child = Child.start(name, programFile(program), [], this.folder)
    this.children.push(child)
    return child
  }
}
