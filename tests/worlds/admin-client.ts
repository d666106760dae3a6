import { type ParsedFamily, parseExposition } from '@aicluster/testing'
import { eventually } from './eventually'
import type { World } from './world'

/** What the admin server says, read as a program would that watches it. */
export class AdminClient {
  constructor(private readonly world: World) {}

  /** Of the manager that runs now. */
  get url(): string {
    const { admin } = this.world.manager.endpoint
    if (!admin) throw new Error('the manager has no admin server')
    return admin
  }

  /** Status and JSON of a page. */
  async get(path: string): Promise<{ status: number; value: unknown }> {
    const response = await fetch(this.url + path)
    return { status: response.status, value: await response.json() }
  }

  /** Why an inference is not ready; `ready` if it is. */
  async readiness(name: string): Promise<string> {
    const { status, value } = await this.get(`/readyz/${name}`)
    const { ready, reason, error } = value as { ready?: boolean; reason?: string; error?: { code: string } }
    if ((status === 200) !== (ready === true)) throw new Error(`status ${status} and ${JSON.stringify(value)} contradict each other`)
    return ready ? 'ready' : (reason ?? error?.code ?? 'no reason')
  }

  untilReadiness(name: string, wanted: string): Promise<unknown> {
    return eventually(`${name} to be ${wanted}`, async () => {
      const seen = await this.readiness(name)
      if (seen !== wanted) throw new Error(`it is ${seen}`)
      return true
    })
  }

  async metrics(headers: Record<string, string> = {}): Promise<Scrape> {
    const response = await fetch(`${this.url}/metrics`, { headers })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`status ${response.status}: ${text}`)
    return new Scrape(parseExposition(text), response.headers.get('content-type') ?? '')
  }
}

/** The metrics at one moment. */
export class Scrape {
  constructor(
    readonly families: ReadonlyMap<string, ParsedFamily>,
    readonly contentType: string,
  ) {}

  /** The value of one series; undefined if there is none. Labels that are not given may have any value: then it is their sum. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const family = this.families.get(name) ?? this.families.get(name.replace(/_(bucket|sum|count|total)$/, ''))
    const samples = (family?.samples ?? []).filter(
      (sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0)
  }

  /** Requests of an inference that failed, by reason; those of which there are none are left out. */
  failures(inference: string): Record<string, number> {
    const samples = this.families.get('aicluster_requests_failure_total')?.samples ?? []
    const own = samples.filter(({ labels, value }) => labels.inference === inference && value > 0)
    return Object.fromEntries(own.map(({ labels, value }) => [labels.reason, value]))
  }

  /** Every value that some label of this name has. */
  labelValues(label: string): Set<string> {
    const samples = [...this.families.values()].flatMap((family) => family.samples)
    return new Set(samples.flatMap(({ labels }) => labels[label] ?? []))
  }
}
