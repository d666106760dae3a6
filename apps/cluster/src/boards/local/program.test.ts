import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absentFile, commandWords, findProgram, splitProblem } from './program'

describe('the words of a run_command', () => {
  it.each([
    ['node main.js --size 3', ['node', 'main.js', '--size', '3']],
    [`sh -c 'echo "a  b"' ""`, ['sh', '-c', 'echo "a  b"', '']],
    ['echo $HOME $(id) * | ; `id`', ['echo', '$HOME', '$(id)', '*', '|', ';', '`id`']],
    [`serve --title="a b" --text='it is "so"' x"y z"'!'`, ['serve', '--title=a b', '--text=it is "so"', 'xy z!']],
    [String.raw`echo a\ b "say \"so\"" '\n' \\`, ['echo', 'a b', 'say "so"', String.raw`\n`, '\\']],
    ['   ', []],
  ])('of %j', (line, words) => {
    expect(commandWords(line)).toEqual(words)
  })

  it('of a list are the list', () => {
    expect(commandWords(['a b', '"', ''])).toEqual(['a b', '"', ''])
  })

  it.each([
    ['node "main.js', 'has a quote that is never closed'],
    ["it's", 'has a quote that is never closed'],
    ['node main.js\\', 'ends with a backslash that escapes nothing'],
    [`"it's" '"'`, undefined],
    ['node main.js', undefined],
  ])('of %j cannot be told: it %s', (line, problem) => {
    expect(splitProblem(line)).toBe(problem)
  })
})

describe('looking for a program', () => {
  let folder: string
  const put = (path: string, mode: number): string => {
    const file = join(folder, path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '#!/bin/sh\n')
    chmodSync(file, mode)
    return file
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'program-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('takes the first executable file of PATH', async () => {
    put('a/tool', 0o644)
    mkdirSync(join(folder, 'b/tool'), { recursive: true })
    const found = put('c/tool', 0o755)
    put('d/tool', 0o755)
    expect(await findProgram('tool', folder, ['a', 'b', 'c', 'd'].map((name) => join(folder, name)).join(':'))).toBe(found)
  })

  it('means a relative path from the container folder', async () => {
    const found = put('bin/tool', 0o755)
    expect(await findProgram('./bin/tool', folder, '')).toBe(found)
    expect(await findProgram('bin/tool', folder, '')).toBe(found)
  })

  it.each([
    ['tool', 'program "tool" was not found in PATH (/nowhere)'],
    ['./tool', 'program "./tool" does not exist in the container\'s folder'],
    ['/nowhere/tool', 'program "/nowhere/tool" does not exist'],
    ['', 'program "" was not found'],
  ])('says that %j is missing', async (name, message) => {
    await expect(findProgram(name, folder, '/nowhere')).rejects.toThrow(message)
  })

  it('says that it is not executable', async () => {
    const file = put('main.sh', 0o644)
    await expect(findProgram('./main.sh', folder, '')).rejects.toThrow(`program "./main.sh" (${file}) is not executable: chmod +x it`)
  })
})

describe('a file that a command names and that is not there', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicluster-program-'))
    writeFileSync(join(folder, 'main.js'), '')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it.each([['node other.mjs --size 3'], ['node --no-warnings models/run.py'], ['node /nowhere/main.js']])(
    'is found in %j',
    async (line) => {
      expect(await absentFile(commandWords(line), folder)).toMatch(/script_path or copy bring files there/)
    },
  )

  it.each(['node main.js', 'node ./main.js no.js', 'python -m my.module', 'node', 'curl http://host/x.js', './other.js'])(
    'is none of %j',
    async (line) => {
      expect(await absentFile(commandWords(line), folder)).toBeUndefined()
    },
  )
})
