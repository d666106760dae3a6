import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

type Results = { passed: number; failed: number; skipped: number; failures: string[]; reasons: Set<string>; unexplained: string[] }
type Module = { readResults(folders: string[]): Results; forgetResults(folders: string[]): void }
type Test = { ancestorTitles: string[]; title: string; status: string }

// Plain JavaScript without types: these programs run before anything is installed.
const { forgetResults, readResults } = (await import(new URL('../../tooling/run/lib/test-results.mjs', import.meta.url).href)) as Module

const test = (status: string, ...titles: string[]): Test => ({ ancestorTitles: titles.slice(0, -1), title: titles.at(-1) ?? '', status })

describe("npm test's count", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicluster-results-'))
    mkdirSync(join(folder, '.test-results'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (...files: { status: string; assertionResults: Test[] }[]): void => {
    const testResults = files.map((file) => ({ name: join(folder, 'some.test.ts'), message: '', ...file }))
    writeFileSync(join(folder, '.test-results/vitest.json'), JSON.stringify({ testResults }))
  }

  it('adds up files and folders', () => {
    write(
      { status: 'passed', assertionResults: [test('passed', 'a'), test('passed', 'b')] },
      { status: 'failed', assertionResults: [test('failed', 'c')] },
    )
    const results = readResults([folder, folder, join(folder, 'none')])
    expect(results).toMatchObject({ passed: 4, failed: 2, skipped: 0 })
    expect(results.failures).toHaveLength(2)
  })

  it('adds up the configurations of one folder', () => {
    write({ status: 'passed', assertionResults: [test('passed', 'a')] })
    const other = { testResults: [{ name: '', message: '', status: 'passed', assertionResults: [test('passed', 'b')] }] }
    writeFileSync(join(folder, '.test-results/rig.json'), JSON.stringify(other))
    expect(readResults([folder])).toMatchObject({ passed: 2 })
  })

  it('counts a file that could not be loaded as a failure', () => {
    write({ status: 'failed', assertionResults: [] })
    expect(readResults([folder])).toMatchObject({ passed: 0, failed: 1 })
  })

  it('collects each reason once', () => {
    const suite = 'ssh (skipped: no sshd: apt-get install openssh-server)'
    write({ status: 'passed', assertionResults: [test('skipped', suite, 'one'), test('skipped', suite, 'two')] })
    const results = readResults([folder])
    expect([results.skipped, [...results.reasons], results.unexplained]).toEqual([2, ['ssh: no sshd: apt-get install openssh-server'], []])
  })

  it('names a test that was skipped without a reason', () => {
    write({ status: 'passed', assertionResults: [test('skipped', 'suite', 'quiet'), test('todo', 'later')] })
    expect(readResults([folder]).unexplained).toEqual(['suite > quiet', 'later'])
  })

  it('does not ask why a failing suite skipped its rest', () => {
    write({ status: 'failed', assertionResults: [test('failed', 'suite', 'a'), test('skipped', 'suite', 'b')] })
    expect(readResults([folder])).toMatchObject({ failed: 1, skipped: 1, unexplained: [] })
  })

  it('does not count results of an earlier run', () => {
    write({ status: 'passed', assertionResults: [test('passed', 'a')] })
    forgetResults([folder])
    expect(readResults([folder])).toMatchObject({ passed: 0 })
  })
})
