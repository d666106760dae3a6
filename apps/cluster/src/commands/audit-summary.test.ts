import type { Command } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { auditSummary } from './audit-summary'

const load = (names: unknown[], boards: string | string[] = 'all'): Command =>
  ({ cmd: 'load_inference', container_config: names.map((name) => ({ name })), coprocessor_name: boards }) as Command
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

describe('what the audit log says of a command', () => {
  it('is what it is about', () => {
    expect(auditSummary(load(['digits', 'cats'], ['board1']))).toEqual({ names: ['digits', 'cats'], boards: ['board1'] })
    expect(auditSummary({ cmd: 'delete_queue', inference_name: 'digits', force_delete: true })).toEqual({
      inference_name: 'digits',
      force_delete: true,
    })
  })

  it.each([
    ['a name of 60 MB', load(['x'.repeat(60_000_000)])],
    ['256 names of 10,000 characters', load(Array.from({ length: 256 }, () => 'x'.repeat(10_000)))],
    ['a name that is a map with many keys', load([Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n]))])],
    ['a name that nests', load([nested(95)])],
    ['a name that is bytes', load([new Uint8Array(1_000_000)])],
    [
      'many boards',
      load(
        ['digits'],
        Array.from({ length: 1_024 }, () => 'b'.repeat(256)),
      ),
    ],
  ])('is one line of modest size, also where it was refused: %s', (_what, command) => {
    expect(JSON.stringify(auditSummary(command)).length).toBeLessThan(20_000)
  })
})
