import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshSeed, seededRandom, type TempFolder, tempFolder } from '@aicluster/testing'
import ts from 'typescript'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HandOutJournal } from './hand-out-journal'

const NUMBER_BYTES = 6
const MAX_U48 = 2 ** 48 - 1

/** The disk under the journal: how much it still takes, and how often it was written to. */
const disk = vi.hoisted(() => ({ freeBytes: Number.POSITIVE_INFINITY, writes: 0 }))
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  const writeSync = (file: number, bytes: Uint8Array, offset: number, length: number, position: number): number => {
    disk.writes++
    const taken = Math.min(length, disk.freeBytes)
    if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    disk.freeBytes -= taken
    return fs.writeSync(file, bytes, offset, taken, position)
  }
  return { ...fs, writeSync }
})

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('the hand-out journal', () => {
  let temp: TempFolder
  let folder: string
  let live: number[]
  let failures: Error[]
  beforeEach(async () => {
    temp = await tempFolder()
    folder = join(temp.path, 'journal')
    live = []
    failures = []
    Object.assign(disk, { freeBytes: Number.POSITIVE_INFINITY, writes: 0 })
  })
  afterEach(() => temp.remove())

  const open = (segmentBytes?: number): HandOutJournal =>
    HandOutJournal.open(folder, {
      ...(segmentBytes ? { segmentBytes } : {}),
      live: () => live,
      onWriteFailed: (error) => failures.push(error),
    })

  const handOut = (journal: HandOutJournal, numbers: number[]): void => {
    for (const number of numbers) journal.add(number)
    journal.flush()
  }

  /** A manager that hands these out, one turn for each list, and ends. */
  const manager = (turns: number[][], segmentBytes?: number): void => {
    const journal = open(segmentBytes)
    for (const numbers of turns) handOut(journal, numbers)
    journal.close()
  }

  /** Which of these a new manager is told were handed out. */
  const known = (numbers: number[]): number[] => {
    const journal = open()
    const found = numbers.filter((number) => journal.has(number))
    journal.close()
    return found
  }

  const segments = (): string[] => readdirSync(folder).sort()

  it('tells the next manager what was handed out, and nothing else', () => {
    manager([[5, 3], [4_000_000_000_000], [MAX_U48, 1]])
    expect(known([0, 1, 2, 3, 4, 5, 6, 4_000_000_000_000, MAX_U48 - 1, MAX_U48])).toEqual([1, 3, 5, 4_000_000_000_000, MAX_U48])
  })

  it('does not answer for what this manager adds', () => {
    manager([[1]])
    const journal = open()
    handOut(journal, [2])
    expect([1, 2].map((number) => journal.has(number))).toEqual([true, false])
    journal.close()
  })

  it('knows nothing of before once that is forgotten', () => {
    manager([[1, 2]])
    const journal = open()
    journal.forgetEarlier()
    expect(journal.has(1)).toBe(false)
    journal.close()
  })

  it('writes once a turn, however many were handed out in it, and not at all where none was', () => {
    const journal = open()
    handOut(journal, range(1, 5000))
    handOut(journal, [])
    journal.flush()
    expect(disk.writes).toBe(1)
    journal.close()
    expect(known([1, 2500, 5000, 5001])).toEqual([1, 2500, 5000])
  })

  it('writes what was not flushed when it is closed', () => {
    const journal = open()
    journal.add(7)
    journal.close()
    expect(known([7])).toEqual([7])
  })

  it('keeps its files from other users, also those that were open to them', () => {
    manager([[1]])
    chmodSync(join(folder, 'hand-outs.1'), 0o644)
    manager([[2]], NUMBER_BYTES)
    expect([folder, ...segments().map((name) => join(folder, name))].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o600, 0o600,
    ])
  })

  it('loses nothing over many restarts in a row', () => {
    for (let number = 1; number <= 200; number++) manager([[number]])
    expect(known(range(1, 200))).toEqual(range(1, 200))
    expect(segments()).toEqual(['hand-outs.1'])
  })

  describe('whose segment is full', () => {
    it('has two files at most, and remembers at least what the last full one held', () => {
      manager(
        range(1, 1000).map((number) => [number]),
        100 * NUMBER_BYTES,
      )
      expect(segments()).toEqual(['hand-outs.10', 'hand-outs.9'])
      expect(known(range(1, 1000))).toEqual(range(801, 1000))
    })

    it('remembers whatever is live, however long ago it was handed out', () => {
      live = [1, 2]
      manager(
        range(1, 1000).map((number) => [number]),
        100 * NUMBER_BYTES,
      )
      expect(known([1, 2, 3])).toEqual([1, 2])
    })

    it('begins the new one with what is live', () => {
      const journal = open(2 * NUMBER_BYTES)
      handOut(journal, [1, 2])
      live = [1, 2, 3]
      handOut(journal, [3])
      journal.close()
      const bytes = readFileSync(join(folder, 'hand-outs.2'))
      expect(range(0, bytes.length / NUMBER_BYTES - 1).map((i) => bytes.readUIntBE(i * NUMBER_BYTES, NUMBER_BYTES))).toEqual([1, 2, 3, 3])
    })

    it('does not begin one after another where more is live than a segment holds', () => {
      live = range(1, 500)
      manager(
        range(501, 900).map((number) => [number]),
        100 * NUMBER_BYTES,
      )
      expect(segments()).toEqual(['hand-outs.1', 'hand-outs.2'])
      expect(known(range(1, 900))).toEqual(range(1, 900))
    })
  })

  describe('with a damaged file', () => {
    it.each([1, 2, 3, 4, 5])('ignores %i torn bytes at the end, and what it appends can be read', (tornBytes) => {
      manager([[1, 2, 3]])
      truncateSync(join(folder, 'hand-outs.1'), 2 * NUMBER_BYTES + tornBytes)
      manager([[4], [5]])
      expect(known([1, 2, 3, 4, 5])).toEqual([1, 2, 4, 5])
    })

    it('takes foreign bytes for numbers that nobody asks about, and goes on', () => {
      manager([[1]])
      appendFileSync(join(folder, 'hand-outs.1'), 'not a journal at all')
      manager([[2]])
      expect(known([1, 2])).toEqual([1, 2])
    })

    it('leaves files alone that are not its own', () => {
      mkdirSync(folder)
      writeFileSync(join(folder, 'hand-outs.old'), 'mine')
      manager([range(1, 10), range(11, 20), range(21, 30)], 10 * NUMBER_BYTES)
      expect(segments()).toEqual(['hand-outs.2', 'hand-outs.3', 'hand-outs.old'])
    })

    it('says which file it cannot read, and what to do', () => {
      mkdirSync(join(folder, 'hand-outs.1'), { recursive: true })
      expect(() => open()).toThrow(
        `the hand-out journal ${join(folder, 'hand-outs.1')} cannot be opened (EISDIR: illegal operation on a directory, read): ` +
          "let the manager's user read and write it, or remove it if no application waits for requests of the manager before",
      )
    })

    it('says which folder it cannot make', () => {
      writeFileSync(folder, '')
      expect(() => open()).toThrow(`the hand-out journal ${folder} cannot be opened (`)
    })
  })

  describe('on a full disk', () => {
    it('goes on, tells of it once, and writes everything once there is room', () => {
      const journal = open()
      disk.freeBytes = 0
      for (const number of range(1, 10)) handOut(journal, [number])
      expect(failures.map(({ message }) => message)).toEqual(['ENOSPC: no space left on device, write'])
      expect([journal.failedWrites, journal.lostNumbers]).toEqual([10, 0])

      disk.freeBytes = Number.POSITIVE_INFINITY
      handOut(journal, [11])
      journal.close()

      expect(known(range(1, 11))).toEqual(range(1, 11))
    })

    it('goes on where a write that was cut short had ended', () => {
      const journal = open()
      disk.freeBytes = 2 * NUMBER_BYTES + 4
      handOut(journal, [1, 2, 3, 4])
      disk.freeBytes = Number.POSITIVE_INFINITY
      handOut(journal, [5])
      journal.close()
      expect(known(range(1, 6))).toEqual(range(1, 5))
    })

    it('gives up what it cannot write once that is more than a segment, and counts it', () => {
      const journal = open(10 * NUMBER_BYTES)
      disk.freeBytes = 0
      for (const number of range(1, 25)) handOut(journal, [number])
      expect(journal.lostNumbers).toBe(22)
      disk.freeBytes = Number.POSITIVE_INFINITY
      journal.close()
      expect(known(range(1, 25))).toEqual([23, 24, 25])
    })

    it('makes room by giving up the oldest segment', () => {
      const journal = open(10 * NUMBER_BYTES)
      handOut(journal, range(1, 10))
      handOut(journal, range(11, 20))
      disk.freeBytes = 0
      handOut(journal, range(21, 30))
      expect(segments()).toEqual(['hand-outs.2', 'hand-outs.3'])
      disk.freeBytes = Number.POSITIVE_INFINITY
      journal.close()
      expect(known(range(1, 30))).toEqual(range(11, 30))
    })
  })

  it('survives kill -9 with everything that was flushed and is live', async () => {
    const random = seededRandom(freshSeed())
    // A program of its own, from this very source: nothing is built for it.
    const source = readFileSync(fileURLToPath(new URL('./hand-out-journal.ts', import.meta.url)), 'utf8')
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
    writeFileSync(join(temp.path, 'hand-out-journal.mjs'), ts.transpileModule(source, { compilerOptions: options }).outputText)
    writeFileSync(join(temp.path, 'victim.mjs'), VICTIM)
    const child = spawn(process.execPath, [join(temp.path, 'victim.mjs'), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    let said = ''
    const killAfter = random.integer(2000, 60_000)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.length > killAfter) child.kill('SIGKILL')
    })

    const [, signal] = await exited
    if (!child.stdout.readableEnded) await once(child.stdout, 'end')

    expect(signal).toBe('SIGKILL')
    const last = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1))
    expect(last).toBeGreaterThan(1000)
    const mustBeKnown = [1, ...range(last - 99, last)]
    expect(known([...mustBeKnown, last + 1000]), `seed ${random.seed}`).toEqual(mustBeKnown)
    expect(segments().length).toBeLessThanOrEqual(3)
  })
})

/** Hands out ten a turn until it is killed, and says the last one after each flush. The first one, and the last hundred, are live. */
const VICTIM = `
import { writeSync } from 'node:fs'
import { HandOutJournal } from './hand-out-journal.mjs'
let last = 0
const live = () => [1, ...Array.from({ length: 100 }, (_, i) => Math.max(1, last - i))]
const journal = HandOutJournal.open(process.argv[2], { segmentBytes: 3000, live, onWriteFailed: (error) => { throw error } })
for (;;) {
  for (let i = 0; i < 10; i++) journal.add(++last)
  journal.flush()
  writeSync(1, last + '\\n')
}
`
