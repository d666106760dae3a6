import type { QueueFilter } from '@aicluster/host-sdk'
import type { Command } from 'commander'
import { wholeNumber } from '../global-options'

/** Options that choose requests. */
export interface FilterOptions {
  request?: string
  pid?: string
}

export const withFilter = (command: Command): Command =>
  command
    .argument('[inference]', 'only requests for it')
    .option('--request <number>', 'one request')
    .option('--pid <pid>', 'requests of processes with this number, on whatever host')

/** @throws UsageError a number that is none */
export const filterOf = (inference: string | undefined, { request, pid }: FilterOptions): QueueFilter => ({
  ...(inference === undefined ? {} : { inferenceName: inference }),
  ...(request === undefined ? {} : { requestNo: wholeNumber('--request', request, 1) }),
  ...(pid === undefined ? {} : { pid: wholeNumber('--pid', pid, 1) }),
})
