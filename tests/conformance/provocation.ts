import type { AICluster } from '@aicluster/host-sdk'
import { type Targets, targetOf } from './api-calls'
import { apiOf, type ErrorRow } from './error-table'

/** Rows that a provocation proves: those that agree with everything given. */
export interface RowSelector {
  code: number
  /** Both forms of each: `AICluster.load_inference`. */
  apis?: readonly string[]
  when?: string
}

/** A call that has to fail as its row says. The runner makes it in the row's form. */
export interface Attempt {
  /** Whose callbacks are called, and whose connection sends `raw`; none for what makes a connection. */
  cluster?: AICluster
  /** What has the method. */
  on: object
  /** Those before the callback. */
  args: readonly unknown[]
  /** Sent over the connection of `cluster` in place of calling a method: a command that a correct SDK would not send, without its `cmd`. */
  raw?: object
  /** What fills the message of the row. Default: the names of its arguments, as we spell them. */
  fills?: readonly string[]
  /** What the message has to say beside its beginning. */
  cause?: RegExp
  /** Call the `…Async` form without a callback. */
  withoutCallback?: boolean
  /** What has to happen after the call, for it to fail. */
  meanwhile?: () => Promise<unknown>
  /** Whatever the outcome. */
  afterwards?: () => Promise<unknown>
}

/** The call of a row's method on its target. */
export const attempt = (row: ErrorRow, targets: Targets, args: readonly unknown[], more: Partial<Attempt> = {}): Attempt => ({
  cluster: targets.cluster,
  on: targetOf(row, targets),
  args,
  ...more,
})

/** An event that has to come as its row says. */
export interface Happening {
  /** Who must hear of it. */
  cluster: AICluster
  event: 'connected' | 'disconnected' | 'containerDisconnected'
  /** What `manageCallback` gets as its command. */
  cmd: string
  act: () => Promise<unknown>
  fills?: readonly string[]
}

interface Selection {
  rows: readonly RowSelector[]
}

/** How rows are caused. It is asked anew for every proof: for each row, and there for each way to a callback. */
export type Provocation =
  | (Selection & { attempts: (row: ErrorRow) => Promise<readonly Attempt[]> | readonly Attempt[] })
  | (Selection & { happening: (row: ErrorRow) => Promise<Happening> })

/** Whether a provocation proves a row. */
export const proves = ({ rows }: Selection, row: ErrorRow): boolean =>
  rows.some(
    ({ code, apis, when }) =>
      code === row.code && (apis === undefined || apis.includes(apiOf(row))) && (when === undefined || when === row.when),
  )
