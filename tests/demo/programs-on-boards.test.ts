import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = (program: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, program), ...args], { cwd: ROOT, encoding: 'utf8' })

describe('what plays boards on this machine', () => {
  it.each([
    ['demo:boards', 'tooling/rig/dist/demo-boards.js'],
    ['bench:boards', 'tooling/bench/dist/boards-main.js'],
  ])('npm run %s prints its help on stdout, and is 2 with an option that is none', (command, program) => {
    const [help, wrong] = [run(program, '--help'), run(program, '--foo')]

    expect(help).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining(`Usage: npm run ${command} `) })
    expect(wrong).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(new RegExp(`^${command}: .*--foo`)) })
  })
})
