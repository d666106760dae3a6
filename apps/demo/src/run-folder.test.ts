import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunFolder } from './run-folder'

describe('the folder of a run', () => {
  let temporary: string
  let runs: URL
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'aicluster-demo-'))
    runs = pathToFileURL(join(temporary, '.demo/'))
  })
  afterEach(() => rmSync(temporary, { recursive: true }))

  const names = (): string[] => readdirSync(runs).sort()
  /** The number of a process that has ended. */
  const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid
  const leftBy = (pid: number, manager?: number): void => {
    mkdirSync(new URL(`${pid}/boards`, runs), { recursive: true })
    if (manager !== undefined) writeFileSync(new URL(`${pid}/manager.json`, runs), JSON.stringify({ pid: manager }))
  }

  it('is there until it is removed, and then nothing is', () => {
    const folder = RunFolder.create(runs)
    writeFileSync(join(folder.path, 'manager.log'), 'ready')
    expect(names()).toEqual([String(process.pid)])
    folder.remove()
    expect(existsSync(runs)).toBe(false)
  })

  it('leaves the folder of a run beside it alone', () => {
    leftBy(process.ppid)
    const folder = RunFolder.create(runs)
    folder.remove()
    expect(names()).toEqual([String(process.ppid)])
  })

  it('takes the place of what a killed run left, its own number or another', () => {
    const dead = deadPid()
    leftBy(dead, dead)
    leftBy(process.pid, dead)
    const folder = RunFolder.create(runs)
    expect(names()).toEqual([String(process.pid)])
    expect(readdirSync(folder.path)).toEqual([])
  })

  it("leaves a killed run's folder to its manager as long as that runs", () => {
    const dead = deadPid()
    leftBy(dead, process.ppid)
    RunFolder.create(runs)
    expect(names()).toContain(String(dead))
  })
})
