import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InferenceRecord } from './inference-record'
import { Registry } from './registry'

const record = (name: string, maxSendNum: number, token = ''): InferenceRecord => {
  const of = { suffix_name: `${name}-b1`, board: 'b1', distribution_off: [], stopped: false }
  const config = { name, implementation_type: 'other' as const, max_send_num: maxSendNum }
  return { version: 1, config, boards: ['b1'], containers: [{ instance: `${name}-1`, token_sha256: token, ...of }] }
}

describe('what is registered', () => {
  let folder: string
  let registry: Registry
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aic-registry-'))
    registry = new Registry(folder)
    await registry.change([record('a', 1), record('b', 1)])
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const path = (name: string) => join(folder, name)
  const numbersOf = (of: Registry) => Object.fromEntries(of.all().map(({ config }) => [config.name, config.max_send_num]))
  /** As the next manager finds it. */
  const next = async () => {
    const later = new Registry(folder)
    expect(await later.load()).toEqual([])
    return later
  }
  /** What has this name already cannot be written. */
  const fill = (name: string) => mkdirSync(path(name))

  it('changes at several places at once', async () => {
    await registry.change([record('a', 2), record('c', 2)], ['b'])

    expect(numbersOf(registry)).toEqual({ a: 2, c: 2 })
    expect(numbersOf(await next())).toEqual({ a: 2, c: 2 })
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'c.json'])
  })

  it.each(['.next-b.json', `.change.${process.pid}.tmp`])('changes nowhere where %s cannot be written', async (full) => {
    fill(full)

    await expect(registry.change([record('a', 2), record('b', 2)])).rejects.toMatchObject({ code: 'EISDIR' })

    rmdirSync(path(full))
    expect(numbersOf(registry)).toEqual({ a: 1, b: 1 })
    expect(numbersOf(await next())).toEqual({ a: 1, b: 1 })
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'b.json'])
  })

  it('is the new one everywhere once a change was noted, and the old one before, when the manager is killed', async () => {
    writeFileSync(path('.next-a.json'), JSON.stringify(record('a', 2)))
    writeFileSync(path('.next-c.json'), JSON.stringify(record('c', 2)))
    expect(numbersOf(await next())).toEqual({ a: 1, b: 1 })

    // One of the files has its place already.
    writeFileSync(path('a.json'), JSON.stringify(record('a', 2)))
    writeFileSync(path('.next-c.json'), JSON.stringify(record('c', 2)))
    writeFileSync(path('.change'), JSON.stringify({ written: ['a.json', 'c.json'], removed: ['b.json'] }))
    expect(numbersOf(await next())).toEqual({ a: 2, c: 2 })
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'c.json'])
  })

  it('leaves a file that somebody wrote by hand where it cannot be replaced', async () => {
    writeFileSync(path('mine.json'), 'mine')
    fill(`mine.json.${process.pid}.tmp`)

    await expect(registry.set(record('mine', 1))).rejects.toMatchObject({ code: 'EISDIR' })

    expect(readFileSync(path('mine.json'), 'utf8')).toBe('mine')
    expect(registry.get('mine')).toBeUndefined()
  })

  it('counts where it is so already, and is written with the next change', async () => {
    fill(`a.json.${process.pid}.tmp`)
    const [container] = record('a', 1, 'fresh').containers
    await expect(registry.keepContainer('a', container as InferenceRecord['containers'][number])).rejects.toMatchObject({ code: 'EISDIR' })
    expect(registry.get('a')?.containers[0]?.token_sha256).toBe('fresh')
    expect((await next()).get('a')?.containers[0]?.token_sha256).toBe('')

    rmdirSync(path(`a.json.${process.pid}.tmp`))
    await registry.set(record('b', 2))

    expect((await next()).get('a')?.containers[0]?.token_sha256).toBe('fresh')
    await registry.delete('a')
    expect(existsSync(path('a.json'))).toBe(false)
    expect(numbersOf(registry)).toEqual({ b: 2 })
  })
})
