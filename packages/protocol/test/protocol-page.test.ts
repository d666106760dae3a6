import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  BODY_FRAME_BYTES,
  CONTAINER_CONFIG_KEYS,
  Command,
  ContainerHello,
  DTYPES,
  ENVELOPE_BYTES,
  HostHello,
  INLINE_BODY_BYTES,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  RecordKind,
  Welcome,
} from '../src/index'

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const notIn = (names: readonly string[]): string[] => names.filter((name) => !new RegExp(`[\`{, ]${name}[\`?,} :]`).test(page))

/** The bytes of a listing: what stands before the first double space of each line. */
const bytesOf = (listing: string): string =>
  listing
    .split('\n')
    .map((line) => line.split('  ')[0]?.replaceAll(' ', '') ?? '')
    .join('')

describe('docs/protocol.md', () => {
  it('is about this version', () => {
    expect(page).toContain(`# The wire protocol, version ${PROTOCOL_MAJOR}.${PROTOCOL_MINOR}\n`)
  })

  it('has every kind of record with its number', () => {
    const missing = Object.entries(RecordKind)
      .map(([name, kind]) => [snakeCase(name), kind] as const)
      .filter(([name, kind]) => !page.includes(`| ${kind} | \`${name}\` |`) && !page.includes(`${kind} \`${name}\``))
    expect(missing).toEqual([])
  })

  it('has an envelope table without a hole that ends where the envelope does', () => {
    const [, table = ''] = /## 3\. The envelope\n([\s\S]*?)\n\n[^|]/.exec(page) ?? []
    const rows = [...table.matchAll(/^\| (\d+) \| (\d+) \|/gm)].map(([, offset, size]) => [Number(offset), Number(size)] as const)
    let end = 0
    for (const [offset, size] of rows) {
      expect(offset).toBe(end)
      end += size
    }
    expect(end).toBe(ENVELOPE_BYTES)
  })

  it('has every command, and every field of each', () => {
    expect(notIn(Command.options.map(({ shape }) => shape.cmd.value))).toEqual([])
    expect(notIn(Command.options.flatMap(({ shape }) => Object.keys(shape)))).toEqual([])
  })

  it('has every key of a hello, a welcome and a config, and every dtype', () => {
    const keys = [HostHello, ContainerHello, Welcome].flatMap(({ shape }) => Object.keys(shape))
    expect(notIn([...keys, ...CONTAINER_CONFIG_KEYS, ...DTYPES])).toEqual([])
  })

  it('has the sizes that both sides must agree on', () => {
    for (const bytes of [INLINE_BODY_BYTES, BODY_FRAME_BYTES]) expect(page).toContain(bytes.toLocaleString('en-US'))
  })

  it.each(['request-inline', 'result-to-host'])('explains the very bytes of golden vector %s', (name) => {
    const [, listing = ''] = new RegExp(`\`\`\`hex ${name}\n([\\s\\S]*?)\n\`\`\``).exec(page) ?? []
    const { frames } = JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8')) as { frames: string[] }
    expect([bytesOf(listing)]).toEqual(frames)
  })
})
