/** How metrics are written: Prometheus' text format, or OpenMetrics for those who ask for it. */
export interface ExpositionFormat {
  readonly name: 'text' | 'openmetrics'
  readonly contentType: string
}

const TEXT: ExpositionFormat = { name: 'text', contentType: 'text/plain; version=0.0.4; charset=utf-8' }
const OPEN_METRICS: ExpositionFormat = { name: 'openmetrics', contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8' }

/** The better one of those that the Accept header takes. */
export const formatFor = (accept: string | undefined): ExpositionFormat =>
  accept?.split(',').some(takesOpenMetrics) === true ? OPEN_METRICS : TEXT

const takesOpenMetrics = (range: string): boolean => {
  const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  return type === 'application/openmetrics-text' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
}

export type MetricType = 'counter' | 'gauge' | 'histogram'

/** Metrics of one name. */
export interface MetricFamily {
  /** Ends in `_total` if it is a counter. */
  readonly name: string
  readonly type: MetricType
  /** One sentence. */
  readonly help: string
}

/** Labels as they are written, without braces: made once for all the metrics of a thing. */
export type LabelText = string

/** Names are ours; values come from users and are escaped. */
export const labelText = (labels: Readonly<Record<string, string>>): LabelText =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(',')

/** Writes metrics, family by family. */
export class Exposition {
  private readonly lines: string[] = []

  constructor(private readonly format: ExpositionFormat) {}

  /** Begin a family; its samples follow. Each family is begun once. */
  family({ name, type, help }: MetricFamily): void {
    const open = this.format.name === 'openmetrics'
    const family = open && type === 'counter' ? name.slice(0, -'_total'.length) : name
    this.lines.push(`# HELP ${family} ${open ? escapeValue(help) : escapeHelp(help)}`, `# TYPE ${family} ${type}`)
  }

  sample(name: string, labels: LabelText, value: number): void {
    this.lines.push(labels === '' ? `${name} ${numberText(value)}` : `${name}{${labels}} ${numberText(value)}`)
  }

  /** Lines that are written already, without the end of the last one. */
  written(lines: string): void {
    this.lines.push(lines)
  }

  toString(): string {
    const end = this.format.name === 'openmetrics' ? '# EOF\n' : ''
    return `${this.lines.join('\n')}\n${end}`
  }
}

/** The `le` of each bucket, in seconds; written the same way in both formats, so that both give the same series. */
export const boundLabels = (boundsMs: readonly number[]): LabelText[] =>
  boundsMs.map((ms) => {
    if (ms === Number.POSITIVE_INFINITY) return 'le="+Inf"'
    const text = String(ms / 1000)
    return `le="${text.includes('.') ? text : `${text}.0`}"`
  })

/**
 * The lines of a histogram of durations; the same in both formats.
 * @param bounds - as {@link boundLabels} writes them
 * @param counts - for each bucket those in it alone; after them the sum in ms
 */
export function histogramLines(name: string, labels: LabelText, bounds: readonly LabelText[], counts: Float64Array): string {
  let total = 0
  let lines = ''
  for (const [bucket, bound] of bounds.entries()) {
    total += counts[bucket] as number
    lines += `${name}_bucket{${labels},${bound}} ${total}\n`
  }
  const sum = numberText((counts[bounds.length] as number) / 1000)
  return `${lines}${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${total}`
}

const numberText = (value: number): string => (value === Number.POSITIVE_INFINITY ? '+Inf' : String(value))
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const escapeValue = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')
