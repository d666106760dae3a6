import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toCommonJs } from './to-commonjs'

/** What a program prints when node runs it as a file of this kind. */
function run(program: string, extension: 'mjs' | 'cjs'): string {
  const folder = mkdtempSync(join(tmpdir(), 'aicluster-cjs-'))
  try {
    const file = join(folder, `program.${extension}`)
    writeFileSync(file, program)
    return execFileSync(process.execPath, [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).replaceAll(folder, 'FOLDER')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const PROGRAMS: Record<string, string> = {
  'named imports': "import { join, sep as slash } from 'node:path'\nconsole.log(join('a', 'b'), slash)",
  'an import over several lines': "import {\n  join,\n  sep,\n} from 'node:path';\nconsole.log(join('a', sep))",
  'a default and a namespace import':
    "import fs from 'node:fs'\nimport * as path from 'node:path'\nconsole.log(typeof fs.readFileSync, path.sep)",
  'a default beside named imports': "import path, { join } from 'node:path'\nconsole.log(path.join === join)",
  'an import for its effect': "import 'node:process'\nconsole.log('ran')",
  'top-level await':
    "import { setTimeout as sleep } from 'node:timers/promises'\nawait sleep(1)\nfor await (const x of [1, 2]) console.log(x)",
  'its own folder': "import { fileURLToPath } from 'node:url'\nconsole.log(fileURLToPath(new URL('.', import.meta.url)))",
}

describe('toCommonJs', () => {
  it.each(Object.entries(PROGRAMS))('keeps what a program does: %s', (_name, program) => {
    expect(run(toCommonJs(program), 'cjs')).toBe(run(program, 'mjs'))
  })

  it('lets a failure fail', () => {
    expect(() => run(toCommonJs("await Promise.reject(new Error('no'))"), 'cjs')).toThrow('no')
  })

  it('names the other program as it will be called', () => {
    expect(toCommonJs("start('node container.mjs')")).toContain("start('node container.cjs')")
  })

  it.each(['export const a = 1', "import { a } from 'b' with { type: 'json' }", 'console.log(import.meta.resolve("x"))'])(
    'rejects %s',
    (program) => {
      expect(() => toCommonJs(program)).toThrow('cannot be rewritten')
    },
  )
})
