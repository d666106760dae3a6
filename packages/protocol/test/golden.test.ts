import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RecordKind } from '../src/index'
import { framesOf, type GoldenFile, goldenFile, recordsOf, storedRecords } from './golden-file'
import { GOLDEN_SOURCES } from './golden-sources'
import { encodeMessage } from './wire-record'

const FOLDER = new URL('../golden/', import.meta.url)
const RESERVED: string[] = ['part', 'window', 'progress', 'upload']

const pathOf = (name: string): URL => new URL(`${name}.json`, FOLDER)

// `pnpm golden` writes vectors that are new. One that exists is never written again.
if (process.env.AICLUSTER_WRITE === 'golden') {
  for (const source of GOLDEN_SOURCES) {
    if (!existsSync(pathOf(source.name))) writeFileSync(pathOf(source.name), `${JSON.stringify(goldenFile(source), undefined, 1)}\n`)
  }
}

const vectors = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as GoldenFile)

describe('the golden vectors', () => {
  it('are all there, none beside those of golden-sources.ts', () => {
    expect(vectors.map(({ name }) => name).sort()).toEqual(GOLDEN_SOURCES.map(({ name }) => name).sort())
  })

  it('show every kind that is not reserved', () => {
    const shown = new Set(vectors.flatMap((vector) => recordsOf(vector).map(({ envelope }) => envelope.kind)))
    const missing = Object.entries(RecordKind).filter(([name, kind]) => !RESERVED.includes(name) && !shown.has(kind))
    expect(missing).toEqual([])
  })
})

describe.each(vectors)('golden vector $name', (vector) => {
  it('is what its fields encode to, byte for byte', () => {
    expect(encodeMessage(recordsOf(vector)).map((frame) => Buffer.from(frame).toString('hex'))).toEqual(vector.frames)
  })

  it('decodes to its fields', () => {
    expect(storedRecords(framesOf(vector))).toEqual(vector.records)
  })

  it('is what golden-sources.ts says', () => {
    const source = GOLDEN_SOURCES.find(({ name }) => name === vector.name)
    expect(source && JSON.parse(JSON.stringify(goldenFile(source)))).toEqual(vector)
  })
})
