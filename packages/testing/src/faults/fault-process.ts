import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FaultDice } from './fault-dice'
import { COUNTS_FOLDER, ORDERS_FILE } from './fault-folder'
import type { FaultOrders } from './fault-rates'

/** How often the orders are read and changed counts are written, in ms. */
const POLL_MS = 250
const DEFAULT_DELAY_MS = [5, 500] as const

/** One process's share in the faults of a world: follows the orders in a folder, and leaves its counts there. */
export class FaultProcess {
  readonly dice: FaultDice
  private orders: FaultOrders | undefined
  private ordersText = ''
  private countsText = '{}'
  private readonly countsFile: string

  /** @param folder - of the world's `WireFaults` */
  constructor(private readonly folder: string) {
    this.countsFile = join(folder, COUNTS_FOLDER, `${process.pid}-${Date.now()}.json`)
    this.readOrders()
    // Not the same faults in every process; which messages they hit is a matter of timing anyway.
    this.dice = new FaultDice((this.orders?.seed ?? 0) ^ Math.imul(process.pid, 0x9e3779b1))
    this.dice.rates = this.orders?.rates ?? {}
    setInterval(() => this.poll(), POLL_MS).unref()
    process.on('exit', () => this.writeCounts())
  }

  delayMs(): readonly [number, number] {
    return this.orders?.delayMs ?? DEFAULT_DELAY_MS
  }

  private poll(): void {
    this.readOrders()
    this.dice.rates = this.orders?.rates ?? {}
    this.writeCounts()
  }

  private readOrders(): void {
    try {
      const text = readFileSync(join(this.folder, ORDERS_FILE), 'utf8')
      if (text === this.ordersText) return
      this.orders = JSON.parse(text) as FaultOrders
      this.ordersText = text
    } catch {
      // Without orders nothing happens; the world may be on its way out.
    }
  }

  private writeCounts(): void {
    const text = JSON.stringify(this.dice.counts)
    if (text === this.countsText) return
    try {
      mkdirSync(join(this.folder, COUNTS_FOLDER), { recursive: true })
      // A process may be killed in the middle of writing.
      writeFileSync(`${this.countsFile}.new`, text)
      renameSync(`${this.countsFile}.new`, this.countsFile)
      this.countsText = text
    } catch {
      // The folder is gone: nobody counts any more.
    }
  }
}
