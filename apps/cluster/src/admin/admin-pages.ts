import { InferenceName } from '@aicluster/protocol'
import type { DataPlaneClient } from '../control-plane/data-plane-client'
import { isInOrder, READINESS, type Readiness, type ReadinessTable } from '../data-plane/readiness'
import { within } from '../within'
import { AdminError } from './admin-error'
import { type ExpositionFormat, formatFor } from './exposition'
import { HistogramCache } from './histogram-cache'
import { type MetricsSource, metricsText } from './metrics-text'

/** How long the data plane may take to acknowledge a call, in ms; a live one takes less than one. */
const DATA_PLANE_TIMEOUT_MS = 2_000

/** A response, before it is HTTP. */
export interface AdminPage {
  status: number
  contentType: string
  body: string
}

/** Where the pages get what they say from. */
export interface AdminSource {
  dataPlane: Pick<DataPlaneClient, 'call'>
  /** The control plane; undefined until it is made. */
  plane(): (MetricsSource & { started: boolean; unreadable: readonly string[] }) | undefined
}

/** What is served under which path. Calls of several readers at a time are one call to the data plane. */
export class AdminPages {
  private readonly histograms = new HistogramCache()
  private readonly shared = new Map<string, Promise<unknown>>()

  constructor(
    private readonly source: AdminSource,
    private readonly timeoutMs = DATA_PLANE_TIMEOUT_MS,
  ) {}

  /** @throws AdminError 404 there is nothing under this path; 503 it cannot be told now */
  async page(path: string, accept: string | undefined): Promise<AdminPage> {
    if (path === '/livez') return this.livez()
    if (path === '/readyz') return this.readyz()
    if (path.startsWith('/readyz/')) return this.readyzOf(path.slice('/readyz/'.length))
    if (path === '/metrics') return this.metrics(formatFor(accept))
    throw new AdminError(404, 'not_found', 'there are /livez, /readyz, /readyz/INFERENCE and /metrics')
  }

  private async livez(): Promise<AdminPage> {
    const live = await this.fromDataPlane('probe', () => this.source.dataPlane.call('probe').then(() => true)).catch(ifSilent(false))
    return json(live, { live, ...(live ? {} : { reason: 'data_plane_silent' }) })
  }

  private async readyz(): Promise<AdminPage> {
    const plane = this.source.plane()
    if (!plane?.started) return json(false, { ready: false, reason: 'starting', inferences: [] })
    const ask = () => this.source.dataPlane.call('readiness', null)
    const table = await this.fromDataPlane('readiness', ask).catch(ifSilent(undefined))
    if (!table) return json(false, { ready: false, reason: 'data_plane_silent', inferences: [] })
    const inferences = [
      ...table.names.map((name, index) => readiness(name, table.codes[index], table)),
      ...plane.unreadable.map((name) => ({ name, ready: false, reason: 'config_unreadable' })),
    ]
    const inOrder = table.codes.every((code) => isInOrder(READINESS[code] as Readiness)) && plane.unreadable.length === 0
    const closed = closedFor(table)
    const ready = inOrder && !closed
    const reason = closed ?? 'inferences'
    return json(ready, { ready, ...(ready ? {} : { reason }), inferences })
  }

  private async readyzOf(name: string): Promise<AdminPage> {
    const unknown = () => new AdminError(404, 'unknown_inference', `nothing is registered under ${JSON.stringify(name.slice(0, 128))}`)
    if (!InferenceName.safeParse(name).success) throw unknown()
    const plane = this.source.plane()
    if (!plane?.started) return json(false, { name, ready: false, reason: 'starting' })
    // Not shared: it is for one name, and small.
    const ask = () => this.source.dataPlane.call('readiness', name)
    const table = await this.fromDataPlane(`readiness ${name}`, ask).catch(ifSilent(undefined))
    if (!table) return json(false, { name, ready: false, reason: 'data_plane_silent' })
    if (table.names.length > 0) {
      const view = readiness(name, table.codes[0], table)
      return json(view.ready, view)
    }
    if (plane.unreadable.includes(name)) return json(false, { name, ready: false, reason: 'config_unreadable' })
    throw unknown()
  }

  private async metrics(format: ExpositionFormat): Promise<AdminPage> {
    const plane = this.source.plane()
    if (!plane) throw new AdminError(503, 'starting', 'the manager is starting')
    const text = async () => metricsText(plane, await this.source.dataPlane.call('figures'), format, this.histograms)
    const body = await this.fromDataPlane(`metrics ${format.name}`, text)
    return { status: 200, contentType: format.contentType, body }
  }

  /** Ask the data plane; whoever asks the same before it has answered gets the same answer. */
  private fromDataPlane<T>(key: string, ask: () => Promise<T>): Promise<T> {
    let answer = this.shared.get(key) as Promise<T> | undefined
    if (!answer) {
      answer = ask()
      this.shared.set(key, answer)
      answer.catch(() => {}).finally(() => this.shared.delete(key))
    }
    const ms = this.timeoutMs
    return within(answer, { ms, late: () => new Silent(503, 'data_plane_silent', `the data plane has not answered within ${ms} ms`) })
  }
}

class Silent extends AdminError {}

/** A silent data plane is an answer of the health checks, not an error of theirs. */
const ifSilent =
  <T>(value: T) =>
  (error: unknown): T => {
    if (error instanceof Silent) return value
    throw error
  }

/** Why nobody is served, whatever the inferences could do. */
const closedFor = ({ draining, socketLost }: ReadinessTable): string | undefined =>
  draining ? 'draining' : socketLost ? 'socket_not_open' : undefined

function readiness(name: string, code: number | undefined, table: ReadinessTable): { name: string; ready: boolean; reason?: string } {
  const reason = closedFor(table) ?? READINESS[code ?? -1] ?? 'not_ready'
  return reason === 'ready' ? { name, ready: true } : { name, ready: false, reason }
}

const json = (well: boolean, value: object): AdminPage => ({
  status: well ? 200 : 503,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
})
