import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as protocol from '@aicluster/protocol'
import * as transport from '@aicluster/transport'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DEFAULT_LIMITS } from '../boards/local/local-limits'
import { clusterConfigSchema, type JsonSchema } from './config-schema'
import { DOCUMENTED } from './test/documented-constants'
import { INNER } from './test/inner-constants'

const repositoryPath = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const repositoryFile = (path: string): string => readFileSync(repositoryPath(path), 'utf8')

/** The page's rows, by section and key. */
const sections = new Map(
  repositoryFile('docs/configuration.md')
    .split(/^## /m)
    .slice(1)
    .map((text) => {
      const rows = [...text.matchAll(/^\| (.+) \|$/gm)].map(([, row]) =>
        (row ?? '').split('|').map((cell) => cell.replace(/`/g, '').trim()),
      )
      return [text.slice(0, text.indexOf('\n')), new Map(rows.map(([key = '', ...cells]) => [key, cells]))]
    }),
)

/** The cells behind a key. */
function row(section: string, key: string): string[] {
  const cells = sections.get(section)?.get(key)
  if (!cells) throw new Error(`docs/configuration.md, section "${section}", has no row for ${key}: add one`)
  return cells
}

const plainNumbers = (cell: string | undefined): number[] =>
  [...(cell ?? '').replace(/(\d),(?=\d{3})/g, '$1').matchAll(/-?\d+/g)].map(([number]) => Number(number))

/** Every key that holds no further ones. */
function leaves(schema: JsonSchema, path = ''): [string, JsonSchema][] {
  const inner = schema.items ? { ...schema.items, path: `${path}[]` } : { ...schema, path }
  const nested = [inner, ...(inner.oneOf ?? [])].flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([key, value]) => leaves(value, inner.path ? `${inner.path}.${key}` : key)),
  )
  return nested.length > 0 ? nested : [[path, schema]]
}

/** Keys whose default depends on something else. */
const DEPENDS = ['listen.transport', 'listen.curve', 'boards[].processes', 'file_roots']

const managerKeys = leaves(clusterConfigSchema())

/** Bounds that somebody chose: not those of a safe integer. */
const bounds = ({ minimum, maximum }: JsonSchema): number[] =>
  [minimum, maximum].filter((bound): bound is number => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER)

/** What chooses among branches has a default in one of them at most. */
const CHOOSING_KEYS = ['listen.transport', 'boards[].driver']

/** Keys that may be left out, and then mean nothing at all or what their row says. */
const OPTIONAL_KEYS = [
  ...['identity_file', 'identity_passphrase_file', 'agent', 'password_file', 'fingerprint', 'advertise'],
  ...['resources.cpus', 'resources.memory_bytes', 'resources.gpus'],
].map((key) => `boards[].${key}`)

describe('docs/configuration.md', () => {
  it.each(managerKeys)("has the manager's %s with its default and range", (key, schema) => {
    const [value, , range] = row('The manager: cluster.yaml', key)
    if (typeof schema.default === 'number') expect(plainNumbers(value)).toEqual([schema.default])
    else if (Array.isArray(schema.default)) expect(value).toBe(schema.default.map((entry) => entry.name ?? entry).join(', ') || 'none')
    else if (typeof schema.default === 'object') expect(value).toBe('none')
    else if (OPTIONAL_KEYS.includes(key)) expect(value).not.toMatch(/required|^$/)
    else if (!CHOOSING_KEYS.includes(key) && !DEPENDS.includes(key)) expect(value).toBe(String(schema.default ?? '*required*'))
    if (schema.minimum !== undefined) expect(plainNumbers(range)).toEqual(bounds(schema))
    if (schema.enum) expect(range).toBe(schema.enum.join(', '))
  })

  it('has no key that the manager does not know', () => {
    const known = [...managerKeys.map(([key]) => key), 'boards', 'key', '---']
    expect([...(sections.get('The manager: cluster.yaml')?.keys() ?? [])].filter((key) => !known.includes(key))).toEqual([])
  })

  it.each(protocol.CONTAINER_CONFIG_KEYS)("has the container config's %s with its range", (key) => {
    const [, , range] = row('Container config', key)
    const { properties } = z.toJSONSchema(protocol.ContainerConfig, { io: 'input' }) as { properties: Record<string, unknown> }
    const text = JSON.stringify(properties[key])
    const integer = /"type":"integer","minimum":(-?\d+),"maximum":(\d+)/.exec(text)
    if (integer) expect(plainNumbers(range)).toEqual([Number(integer[1]), Number(integer[2])])
    const choices = /"enum":(\[[^\]]*\])/.exec(text)
    if (choices) expect(range?.split(', ').sort()).toEqual((JSON.parse(choices[1] as string) as string[]).sort())
  })

  it.each(Object.entries(DEFAULT_LIMITS))('has %s of local boards', (key, value) => {
    expect(plainNumbers(row('Local boards', key)[0])).toEqual([value])
  })

  /** The layout of bytes, and two values that mean something else than a limit: docs/protocol.md has them. */
  const LAYOUT = ['ENVELOPE_BYTES', 'STAMPS_BYTES', 'PREAMBLE_BYTES', 'RECORD_LENGTH_BYTES', 'DEADLINE_NEVER', 'DEADLINE_UNSET']
  const constants = Object.entries({ ...protocol, ...transport }).filter(
    ([key, value]) => typeof value === 'number' && !LAYOUT.includes(key),
  )

  it.each(constants)('has %s of the wire', (key, value) => {
    expect(plainNumbers(row('The wire', key)[0])).toEqual([value])
  })

  it.each(Object.entries(DOCUMENTED).flatMap(([section, numbers]) => numbers.map((number) => [section, ...number] as const)))(
    '%s: has %s as the source has it (cell %i, %s, %s)',
    (section, key, cell, file, where) => {
      const pattern = typeof where === 'string' ? new RegExp(`\\b${where} = (.+)`) : where
      const source = pattern.exec(repositoryFile(file))?.[1]
      if (source === undefined) throw new Error(`${file} has no ${pattern}: mend documented-constants.ts`)
      expect(plainNumbers(row(section, key)[cell])).toContain(calculated(source))
    },
  )

  it('forgets no time, size or limit: each has a row, or a reason to have none', () => {
    const named = Object.values(DOCUMENTED)
      .flat()
      .map(([, , file, where]) => `${file} ${typeof where === 'string' ? where : (/[A-Z][A-Z_]+(?= =)/.exec(where.source)?.[0] ?? '')}`)
    const ofTheWire = constants.map(([key]) => key)
    const known = new Set([...named, ...Object.values(INNER).flat()])
    const found = limitsInSources().filter(
      (constant) => !(constant.startsWith('packages/transport/') && ofTheWire.includes(constant.split(' ')[1] as string)),
    )
    expect(found.filter((constant) => !known.has(constant))).toEqual([])
    expect(
      Object.values(INNER)
        .flat()
        .filter((constant) => !found.includes(constant)),
    ).toEqual([])
  })
})

/** `apps/cluster/src/manager.ts FLUSH_MS` of every constant whose name ends with its unit, `_MS` or `_BYTES`, or begins with `MAX_`. */
function limitsInSources(): string[] {
  return ['apps/cluster/src', 'apps/cli/src', 'packages/host-sdk/src', 'packages/container-sdk/src', 'packages/transport/src'].flatMap(
    (folder) =>
      readdirSync(repositoryPath(folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)test(\/|-)/.test(file))
        .flatMap((file) =>
          [
            ...repositoryFile(`${folder}/${file}`).matchAll(
              /^(?:export )?const ([A-Z][A-Z\d_]*_(?:MS|BYTES)|MAX_[A-Z\d_]+) = [^'"`[{\n]+$/gm,
            ),
          ].map(([, name]) => `${folder}/${file} ${name}`),
        ),
  )
}

/** `64 * 1024`, `2 ** 32 - 2`, `5_000`, the name of a constant of the wire */
function calculated(text: string): number {
  const constant = (protocol as Record<string, unknown>)[text]
  if (typeof constant === 'number') return constant
  const powers = text.replaceAll('_', '').replace(/(\d+) \*\* (\d+)/g, (_, base, exponent) => String(Number(base) ** Number(exponent)))
  const product = (factors: string): number => factors.split(' * ').reduce((result, factor) => result * Number(factor), 1)
  const [first = 0, ...others] = powers.split(' - ').map(product)
  return others.reduce((result, other) => result - other, first)
}
