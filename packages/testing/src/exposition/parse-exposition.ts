import { readSample, type Sample } from './read-sample'

/** All metrics of one name. */
export interface ParsedFamily {
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'
  help: string
  samples: Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'

/**
 * Read metrics as a strict Prometheus would: text format 0.0.4, or OpenMetrics 1.0 if the text ends in `# EOF`.
 *
 * Beyond the grammar it holds that each family has one HELP and one TYPE ahead of its samples, that its samples stand together and have
 * the names of its type, that no series comes twice, and that histograms are complete and add up.
 *
 * @throws Error naming the line
 */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.slice(0, -1).split('\n')
  const open = lines.at(-1) === '# EOF'
  if (open) lines.pop()
  const families = new Map<string, ParsedFamily>()
  let current: { name: string; family: ParsedFamily } | undefined
  let help: { name: string; text: string } | undefined
  const series = new Set<string>()
  for (const [index, line] of lines.entries()) {
    const fail = (what: string): never => {
      throw new Error(`line ${index + 1}: ${what}: ${line}`)
    }
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`).exec(line)
    if (comment) {
      const [, kind, name = '', rest = ''] = comment
      if (families.has(name)) fail(`${kind} of a family that has begun`)
      if (kind === 'HELP') {
        help = { name, text: rest }
        continue
      }
      if (help?.name !== name) fail('TYPE without HELP before it')
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) fail('unknown type')
      current = { name, family: { type: rest as ParsedFamily['type'], help: help?.text ?? '', samples: [] } }
      families.set(name, current.family)
      help = undefined
      continue
    }
    if (line.startsWith('#')) fail('neither HELP nor TYPE')
    const sample = readSample(line)
    if (!sample) return fail('no sample')
    if (!current || !belongs(sample.name, current.name, current.family.type, open)) return fail('a sample outside of its family')
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`
    if (series.has(key)) fail('a series that was there already')
    series.add(key)
    current.family.samples.push(sample)
  }
  for (const [name, { type, samples }] of families) if (type === 'histogram') checkHistogram(name, samples)
  return families
}

function belongs(sample: string, family: string, type: ParsedFamily['type'], open: boolean): boolean {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'].some((suffix) => sample === family + suffix)
  return sample === (open && type === 'counter' ? `${family}_total` : family)
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const { le: _, ...others } = sample.labels
    const key = JSON.stringify(Object.entries(others).sort())
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)))
    const rises = (values: readonly number[], strictly: boolean) =>
      values.every((value, i) => i === 0 || value > (values[i - 1] as number) || (!strictly && value === values[i - 1]))
    const countOf = group.find((sample) => sample.name === `${name}_count`)?.value
    const complete = group.length === buckets.length + 2 && bounds.at(-1) === Number.POSITIVE_INFINITY && buckets.at(-1)?.value === countOf
    const risen =
      rises(bounds, true) &&
      rises(
        buckets.map(({ value }) => value),
        false,
      )
    if (!complete || !risen) throw new Error(`${name}${key} is no histogram`)
  }
}
