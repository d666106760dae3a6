import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { COUNTS_FOLDER, FAULTS_VARIABLE, ORDERS_FILE } from './fault-folder'
import type { AimedFaultRates, FaultCounts, FaultName, FaultOrders } from './fault-rates'

/** How long processes may take to notice new rates, in ms. */
export const FAULTS_NOTICED_MS = 500

export interface WireFaultsOptions {
  seed: number
  /** A delayed message leaves between so many ms later. Default 5 to 500. */
  delayMs?: readonly [number, number]
}

/**
 * Faults on every ZeroMQ message of a world of processes: lost, doubled, delayed (and so out of order), truncated.
 *
 * Start the world's processes, Node programs on this workspace's copy of zeromq, with {@link WireFaults.environment}. They follow
 * {@link WireFaults.set} within 500 ms. The programs know nothing of it.
 *
 * @example
 * const faults = new WireFaults(join(folder, 'faults'), { seed: 7 })
 * spawn(process.execPath, [program], { env: { ...process.env, ...faults.environment } })
 * faults.set({ Requests: { lost: 0.01 }, Replies: { lost: 0.01, doubled: 0.01 } })
 */
export class WireFaults {
  private readonly orders: FaultOrders

  /** @param folder - its own; made when it is not there. Processes write their counts below it */
  constructor(
    private readonly folder: string,
    { seed, delayMs = [5, 500] }: WireFaultsOptions,
  ) {
    this.orders = { seed, rates: {}, delayMs }
    mkdirSync(join(folder, COUNTS_FOLDER), { recursive: true })
    this.set({})
  }

  /** What a process needs in its environment. The preload is built: `tsup` in packages/testing. @throws Error when it is not */
  get environment(): Record<string, string> {
    return { NODE_OPTIONS: `--import ${faultPreload()}`, [FAULTS_VARIABLE]: this.folder }
  }

  /** From now on these faults, and no others; `{}` for none. A message that is delayed already still leaves late. */
  set(rates: AimedFaultRates): void {
    this.orders.rates = rates
    const file = join(this.folder, ORDERS_FILE)
    writeFileSync(`${file}.new`, JSON.stringify(this.orders))
    renameSync(`${file}.new`, file)
  }

  /** What has happened so far, in all processes. Of one that was killed the last 250 ms are missing. */
  counts(): FaultCounts {
    const sum: FaultCounts = {}
    const folder = join(this.folder, COUNTS_FOLDER)
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      for (const [name, count] of Object.entries(JSON.parse(readFileSync(join(folder, file), 'utf8')) as FaultCounts)) {
        sum[name as FaultName] = (sum[name as FaultName] ?? 0) + count
      }
    }
    return sum
  }
}

/** URL of the file that puts the faults into a process. */
function faultPreload(): string {
  const file = createRequire(import.meta.url).resolve('@aicluster/testing/fault-preload')
  if (!existsSync(file)) throw new Error(`the fault injector is not built (no ${file}): run "npm run build" first`)
  return pathToFileURL(file).href
}
