import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as protocol from '@aicluster/protocol'
import * as transport from '@aicluster/transport'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DEFAULT_LIMITS } from '../boards/local/local-limits'
import { clusterConfigSchema, type JsonSchema } from './config-schema'

const repositoryFile = (path: string): string => readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8')

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

  /** What no package gives away: read from its source. */
  it.each([
    ['Applications: host-sdk', 'connectTimeoutMs', 0, 'packages/host-sdk/src/ai-cluster.ts', /DEFAULT_CONNECT_TIMEOUT_MS = (.+)/],
    ['Applications: host-sdk', 'copy', 2, 'packages/host-sdk/src/inference-client.ts', /COPY_UP_TO_BYTES = (.+)/],
    ['Applications: host-sdk', 'timeout', 2, 'packages/host-sdk/src/call-options.ts', /MAX_TIMEOUT_MS = (.+)/],
    ['Applications: host-sdk', 'drainMs', 2, 'packages/protocol/src/commands/commands.ts', /drain_ms: .*max\(([\d_]+)\)/],
    ['Applications: host-sdk', 'release drainMs', 0, 'packages/host-sdk/src/call-options.ts', /drainMs = (\d+) }/],
    ['Applications: host-sdk', 'release drainMs', 2, 'packages/host-sdk/src/call-options.ts', /MAX_DRAIN_MS = (.+)/],
    [
      'Applications: host-sdk',
      'reconnectTimeoutMs',
      0,
      'packages/host-sdk/src/connection/session-options.ts',
      /reconnectTimeoutMs = (\w+)/,
    ],
    [
      'Applications: host-sdk',
      'reconnectTimeoutMs',
      2,
      'packages/host-sdk/src/connection/session-options.ts',
      /'reconnectTimeoutMs', reconnectTimeoutMs, (\d+),/,
    ],
    [
      'Applications: host-sdk',
      'reconnectTimeoutMs',
      2,
      'packages/host-sdk/src/connection/session-options.ts',
      /'reconnectTimeoutMs', reconnectTimeoutMs, \d+, (\w+)\)/,
    ],
    ['Applications: host-sdk', 'maxPending', 0, 'packages/host-sdk/src/connection/session-options.ts', /DEFAULT_MAX_PENDING = (.+)/],
    ['Applications: host-sdk', 'maxPending', 2, 'packages/host-sdk/src/connection/session-options.ts', /MAX_MAX_PENDING = (.+)/],
    [
      'Applications: host-sdk',
      'maxPendingBytes',
      0,
      'packages/host-sdk/src/connection/session-options.ts',
      /DEFAULT_MAX_PENDING_BYTES = (.+)/,
    ],
    ['Applications: host-sdk', "time-out's grace", 0, 'packages/host-sdk/src/inference-client.ts', /TIMEOUT_GRACE_MS = (.+)/],
    ['Applications: host-sdk', 'hello', 0, 'packages/host-sdk/src/connection/host-link.ts', /HELLO_REPEATED_AFTER_MS = (.+)/],
    [
      'Containers: container-sdk',
      'connectTimeoutMs',
      0,
      'packages/container-sdk/src/connector-options.ts',
      /connectTimeoutMs \?\? ([\d_]+)/,
    ],
    ['Containers: container-sdk', 'orphanTimeoutMs', 0, 'packages/container-sdk/src/connector-options.ts', /orphanTimeoutMs \?\? ([\d_]+)/],
    ['Containers: container-sdk', 'close drainMs', 0, 'packages/container-sdk/src/connector.ts', /DRAIN_MS = (.+)/],
    ['Containers: container-sdk', 'settle wait', 0, 'packages/container-sdk/src/drain.ts', /SETTLE_TIMEOUT_MS = (.+)/],
    [
      'Containers: container-sdk',
      'goodbye wait',
      0,
      'packages/container-sdk/src/session/container-connection.ts',
      /CLOSE_TIMEOUT_MS = (.+)/,
    ],
    ['Containers: container-sdk', 'exit grace', 0, 'packages/container-sdk/src/termination-signal.ts', /EXIT_GRACE_MS = (.+)/],
    ['Containers: container-sdk', 'copy limit', 0, 'packages/container-sdk/src/encode-answer.ts', /COPY_LIMIT_BYTES = (.+)/],
    ['Containers: container-sdk', 'hello', 0, 'packages/container-sdk/src/session/greeting.ts', /HELLO_REPEAT_MS = (.+)/],
    [
      'Containers: container-sdk',
      "hello's numbers",
      0,
      'packages/container-sdk/src/session/answer-session.ts',
      /MAX_NUMBERS_IN_HELLO = (.+)/,
    ],
    ['Containers: container-sdk', 'started report', 0, 'packages/container-sdk/src/started-report.ts', /STARTED_AFTER_MS = (.+)/],
    ['The manager: constants', 'container grace', 0, 'apps/cluster/src/data-plane/recovery.ts', /CONTAINER_GRACE_MS = (.+)/],
    ['The manager: constants', 'unclaimed work', 2, 'apps/cluster/src/data-plane/recovery.ts', /CLAIM_TIMEOUT_MS = (\w+) \+/],
    ['The manager: constants', 'unclaimed work', 2, 'apps/cluster/src/data-plane/recovery.ts', /CLAIM_TIMEOUT_MS = \w+ \+ (.+)/],
    ['The manager: constants', 'kept outcomes', 0, 'apps/cluster/src/data-plane/outcomes.ts', /MAX_RETAINED_OUTCOMES = (.+)/],
    ['The manager: constants', 'journal segment', 0, 'apps/cluster/src/journal/hand-out-journal.ts', /DEFAULT_SEGMENT_BYTES = (.+)/],
    ['The manager: constants', 'delivery wait', 0, 'apps/cluster/src/manager.ts', /DELIVERY_TIMEOUT_MS = (.+)/],
    ['The manager: constants', 'admin connections', 0, 'apps/cluster/src/admin/admin-server.ts', /MAX_CONNECTIONS = (.+)/],
    ['The manager: constants', 'admin scrapes', 0, 'apps/cluster/src/admin/admin-server.ts', /MAX_SCRAPES = (.+)/],
    ['The manager: constants', 'admin headers', 0, 'apps/cluster/src/admin/admin-server.ts', /MAX_HEADER_BYTES = (.+)/],
    ['The manager: constants', 'admin request', 0, 'apps/cluster/src/admin/admin-server.ts', /REQUEST_TIMEOUT_MS = (.+)/],
    ['The manager: constants', 'admin idle', 0, 'apps/cluster/src/admin/admin-server.ts', /IDLE_TIMEOUT_MS = (.+)/],
    ['The manager: constants', 'admin response', 0, 'apps/cluster/src/admin/admin-server.ts', /RESPONSE_TIMEOUT_MS = (.+)/],
    ['The manager: constants', 'admin probe', 0, 'apps/cluster/src/admin/admin-pages.ts', /DATA_PLANE_TIMEOUT_MS = (.+)/],
    ['The manager: constants', 'warnings of peers', 0, 'apps/cluster/src/data-plane/few-lines.ts', /MAX_LINES = (.+)/],
    ['The manager: constants', 'warnings of peers', 2, 'apps/cluster/src/data-plane/few-lines.ts', /MAX_TEXT = (.+)/],
    ['The manager: constants', 'number blocks', 0, 'apps/cluster/src/data-plane/host-sessions.ts', /GRANT_INTERVAL_MS = (.+)/],
    ['The manager: constants', 'number owners', 0, 'apps/cluster/src/journal/number-owners.ts', /REMEMBERED = (.+)/],
    ['The manager: constants', 'settled', 0, 'apps/cluster/src/data-plane/container-session.ts', /SETTLE_COUNT = (.+)/],
    ['The manager: constants', 'settled', 2, 'apps/cluster/src/data-plane/container-session.ts', /SETTLE_DELAY_MS = (.+)/],
    ['The manager: constants', 'settled', 2, 'apps/cluster/src/data-plane/container-session.ts', /SETTLE_BYTES = (.+)/],
    ['Local boards', 'last words', 0, 'apps/cluster/src/boards/local/process-log.ts', /TAIL_LIMITS = \{ lines: (\d+)/],
    ['Local boards', 'last words', 2, 'apps/cluster/src/boards/local/process-log.ts', /TAIL_LIMITS = .*bytes: (\d+)/],
    ['The wire', 'ack', 0, 'packages/transport/src/ack-timer.ts', /ACK_DELAY_MS = (.+)/],
    ['The wire', 'sequences per connection', 0, 'packages/transport/src/dealer-link.ts', /SEQUENCES_PER_CONNECTION = (.+)/],
    ['The wire', 'receiveHighWaterMark', 0, 'packages/transport/src/socket-options.ts', /receiveHighWaterMark: ([\d_]+)/],
    ['The wire', 'linger', 0, 'packages/transport/src/socket-options.ts', /linger: ([\d_]+)/],
    ['The wire', 'reconnectInterval', 0, 'packages/transport/src/socket-options.ts', /reconnectInterval: ([\d_]+)/],
    ['The wire', 'reconnectMaxInterval', 0, 'packages/transport/src/socket-options.ts', /reconnectMaxInterval: ([\d_]+)/],
    ['The command line', 'aicluster down --wait', 0, 'apps/cli/src/commands/down.ts', /--wait <ms>.*'(\d+)'/],
    ['The command line', 'aicluster up --detach', 0, 'apps/cli/src/cluster/start-in-background.ts', /READY_LIMIT_MS = (.+)/],
    ['The command line', 'manager.log', 0, 'apps/cluster/src/own-log.ts', /LOG_LIMIT_BYTES = (.+)/],
    ['The command line', 'manager.log', 0, 'apps/cli/src/cluster/start-in-background.ts', /LOG_LIMIT_BYTES = (.+)/],
    ['The command line', 'aicluster infer', 0, 'apps/cli/src/commands/infer.ts', /IN_FLIGHT = (.+)/],
    ['The command line', 'progress', 0, 'apps/cli/src/output/progress.ts', /QUIET_MS = (.+)/],
  ])('%s: has %s as the source has it (cell %i, %s)', (section, key, cell, file, pattern) => {
    const source = pattern.exec(repositoryFile(file))?.[1]
    if (source === undefined) throw new Error(`${file} has no ${pattern}: mend this test`)
    expect(plainNumbers(row(section, key)[cell])).toContain(calculated(source))
  })
})

/** `64 * 1024`, `2 ** 32 - 2`, `5_000`, the name of a constant of the wire */
function calculated(text: string): number {
  const constant = (protocol as Record<string, unknown>)[text]
  if (typeof constant === 'number') return constant
  const powers = text.replaceAll('_', '').replace(/(\d+) \*\* (\d+)/g, (_, base, exponent) => String(Number(base) ** Number(exponent)))
  const product = (factors: string): number => factors.split(' * ').reduce((result, factor) => result * Number(factor), 1)
  const [first = 0, ...others] = powers.split(' - ').map(product)
  return others.reduce((result, other) => result - other, first)
}
