import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { clusterError } from './cluster-errors'
import { ERROR_CODES, type ErrorKey } from './error-code'

interface SpecRow {
  api: string
  when: string
  /** The seed's name of the class; null for an event that has none. */
  exception: string | null
  code: number
  message: string
  args?: string[]
}

const spec = JSON.parse(readFileSync(new URL('../../spec/errors.json', import.meta.url), 'utf8')) as { rows: SpecRow[] }
const table = Object.entries(ERROR_CODES) as [ErrorKey, (typeof ERROR_CODES)[ErrorKey]][]

/** Exception X of the seed is class XError here, but for two spellings. */
const classOf = (exception: string): string =>
  ({ APIConflict: 'ApiConflictError', SSHConnection: 'SshConnectionError' })[exception] ?? `${exception}Error`

const distinct = [...new Map(spec.rows.map((row) => [`${row.code} ${row.exception} ${row.message}`, row])).values()]

describe('the table of errors', () => {
  it('is compared with the whole specification', () => {
    expect(spec.rows).toHaveLength(243)
    expect(distinct.length).toBeGreaterThan(25)
  })

  it.each(distinct)('has $code "$message" of $exception', ({ code, exception, message }) => {
    const row = table.find(([, candidate]) => candidate.code === code && candidate.message === message)
    expect(row).toBeDefined()
    // An event without an exception in the seed has the class that this project gives it.
    if (exception !== null) expect(row?.[1].error).toBe(classOf(exception))
  })

  it('gives the events of the seed a class: connection events and the unsubscription', () => {
    expect(clusterError('connectionLost')).toMatchObject({ code: 112, name: 'ConnectionFailedError' })
    expect(clusterError('connectionRestored')).toMatchObject({ code: 113, name: 'ConnectionFailedError' })
    expect(clusterError('inferenceUnsubscribed')).toMatchObject({ code: 114, name: 'InferenceUnsubscribeError' })
  })

  it('has as many holes in a text as the specification has arguments', () => {
    for (const { message, args = [] } of spec.rows) expect(message.match(/\{\w*\}/g) ?? []).toHaveLength(args.length)
  })

  it('has beside the specification only codes of our own', () => {
    const specified = new Set(spec.rows.map(({ code }) => code))
    const own = table.filter(([, { code }]) => !specified.has(code)).map(([, { code }]) => code)
    expect(own.sort()).toEqual([310, 311, 312, 313, 314, 315, 999])
  })

  it('uses a code twice only for 401, whose two texts the specification has', () => {
    const seen = table.map(([, { code }]) => code)
    expect(seen.filter((code, index) => seen.indexOf(code) !== index)).toEqual([401])
  })

  it('tells a cure for every row', () => {
    expect(table.filter(([, { cure }]) => cure.length < 20 || !/[.?]$/.test(cure))).toEqual([])
  })
})
