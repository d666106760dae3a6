import { describe, expect, it } from 'vitest'
import type { ReadinessTable } from '../data-plane/readiness'
import { READINESS } from '../data-plane/readiness'
import { AdminPages, type AdminSource } from './admin-pages'

const TIMEOUT_MS = 20

/** Pages in front of a data plane that answers as told; `never` does not. */
function pagesWith(options: { table?: Partial<ReadinessTable>; never?: boolean; started?: boolean; unreadable?: string[] } = {}) {
  const calls: string[] = []
  const answer: ReadinessTable = { draining: false, socketLost: false, names: [], codes: [], ...options.table }
  const call = (name: string) => {
    calls.push(name)
    return options.never ? new Promise(() => {}) : Promise.resolve(name === 'readiness' ? answer : undefined)
  }
  const plane = { started: options.started ?? true, unreadable: options.unreadable ?? [] }
  const source = { dataPlane: { call }, plane: () => plane } as unknown as AdminSource
  const pages = new AdminPages(source, TIMEOUT_MS)
  const get = async (path: string) => {
    const { status, body } = await pages.page(path, undefined)
    return { status, ...(JSON.parse(body) as object) }
  }
  return { get, calls }
}

const code = (reason: (typeof READINESS)[number]) => READINESS.indexOf(reason)

describe('livez', () => {
  it('asks the data plane each time', async () => {
    const { get, calls } = pagesWith()
    expect(await get('/livez')).toEqual({ status: 200, live: true })
    await get('/livez')
    expect(calls).toEqual(['probe', 'probe'])
  })

  it('is 503 when the data plane is silent, and then asks it only once for all who ask', async () => {
    const { get, calls } = pagesWith({ never: true })
    const answers = await Promise.all([get('/livez'), get('/livez')])
    expect(answers).toEqual(Array(2).fill({ status: 503, live: false, reason: 'data_plane_silent' }))
    expect(calls).toEqual(['probe'])
  })
})

describe('readyz', () => {
  it('is 503 while the manager starts, for every name', async () => {
    const { get } = pagesWith({ started: false })
    expect(await get('/readyz')).toEqual({ status: 503, ready: false, reason: 'starting', inferences: [] })
    expect(await get('/readyz/any')).toEqual({ status: 503, name: 'any', ready: false, reason: 'starting' })
  })

  it('is 200 with nothing registered', async () => {
    expect(await pagesWith().get('/readyz')).toEqual({ status: 200, ready: true, inferences: [] })
  })

  it('is 503 as soon as one inference would not be served, and says which', async () => {
    const { get } = pagesWith({ table: { names: ['a', 'b'], codes: [code('ready'), code('no_container')] } })
    expect(await get('/readyz')).toEqual({
      status: 503,
      ready: false,
      reason: 'inferences',
      inferences: [
        { name: 'a', ready: true },
        { name: 'b', ready: false, reason: 'no_container' },
      ],
    })
  })

  it('is not held up by a source, which takes no requests: only its own page says so', async () => {
    const { get } = pagesWith({ table: { names: ['camera'], codes: [code('takes_no_input')] } })
    expect(await get('/readyz')).toMatchObject({ status: 200, ready: true })
    expect(await get('/readyz/camera')).toEqual({ status: 503, name: 'camera', ready: false, reason: 'takes_no_input' })
  })

  it('is 503 for all while the cluster drains', async () => {
    const { get } = pagesWith({ table: { draining: true, names: ['a'], codes: [code('ready')] } })
    expect(await get('/readyz')).toMatchObject({ status: 503, reason: 'draining', inferences: [{ name: 'a', reason: 'draining' }] })
    expect(await get('/readyz/a')).toMatchObject({ status: 503, reason: 'draining' })
  })

  it('is 503 for all while a socket is not open', async () => {
    const { get } = pagesWith({ table: { socketLost: true, names: ['a'], codes: [code('ready')] } })
    expect(await get('/readyz')).toMatchObject({ status: 503, reason: 'socket_not_open', inferences: [{ name: 'a', ready: false }] })
    expect(await get('/readyz/a')).toMatchObject({ status: 503, reason: 'socket_not_open' })
  })

  it('is 503 for an inference whose file cannot be read', async () => {
    const { get } = pagesWith({ unreadable: ['broken'] })
    expect(await get('/readyz')).toMatchObject({ status: 503, inferences: [{ name: 'broken', reason: 'config_unreadable' }] })
    expect(await get('/readyz/broken')).toMatchObject({ status: 503, reason: 'config_unreadable' })
  })

  it('is 503 when the data plane is silent', async () => {
    const { get } = pagesWith({ never: true })
    expect(await get('/readyz')).toMatchObject({ status: 503, reason: 'data_plane_silent' })
    expect(await get('/readyz/a')).toMatchObject({ status: 503, reason: 'data_plane_silent' })
  })

  it.each(['unknown', 'no/name', '', '%41', 'x'.repeat(200)])('of %j, which nobody registered, is 404', async (name) => {
    await expect(pagesWith().get(`/readyz/${name}`)).rejects.toMatchObject({ status: 404, code: 'unknown_inference' })
  })
})

it('metrics are 503 when the data plane is silent', async () => {
  await expect(pagesWith({ never: true }).get('/metrics')).rejects.toMatchObject({ status: 503, code: 'data_plane_silent' })
})
