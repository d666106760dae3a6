import { readFileSync } from 'node:fs'

/** How a caller hears of an error: the promise rejects, the `…Async` form throws or calls back, or it is an event. */
export type Notification = 'reject' | 'throw' | 'callback' | 'event'

/** One row of errors.json: an API, what it is told, and in which case. Class and API have the seed's names. */
export interface ErrorRow {
  class: 'AICluster' | 'CoprocessorHandler' | 'ContainerHandler' | 'Connector' | 'common'
  api: string
  when: string
  /** Without `Error` behind it; null where the table names no class. */
  exception: string | null
  code: number
  /** Beginning of the message; `{}` and `{name}` are filled. */
  message: string
  /** What fills the message, as the seed calls it. */
  args?: string[]
  notify: Notification
  /** `wire`: a correct SDK cannot cause it, a raw command can. */
  provoke: 'api' | 'wire'
}

/** The repository's copy of the table. It is never edited: it comes from the specification. */
export const ERROR_TABLE = new URL('../../packages/protocol/spec/errors.json', import.meta.url)

export const ERROR_ROWS: readonly ErrorRow[] = (JSON.parse(readFileSync(ERROR_TABLE, 'utf8')) as { rows: ErrorRow[] }).rows

/** Whether it is a row of an `…Async` form. */
export const isAsyncForm = ({ api }: ErrorRow): boolean => api.endsWith('_async')

/** The API of a row, both forms alike: `AICluster.load_inference`. */
export const apiOf = (row: ErrorRow): string => `${row.class}.${commandOf(row)}`

/** The seed's name of the API without `_async`: what a callback gets as `cmd`. */
export const commandOf = ({ api }: ErrorRow): string => api.replace(/_async$/, '')

/** What a row is called in titles and lists; no two are called the same. */
export const titleOf = ({ class: owner, api, code, notify, when }: ErrorRow): string => `${owner}.${api} ${code} (${notify}): ${when}`
