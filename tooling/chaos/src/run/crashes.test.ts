import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '@aicluster/testing'
import { expect, it } from 'vitest'
import { crashesIn } from './crashes'

it('a program that ends by an error that nobody caught is found by what it printed', async () => {
  await using folder = await tempFolder()
  const log = join(folder.path, 'boards', 'echo', 'log')
  mkdirSync(log, { recursive: true })
  let printed = ''
  try {
    execFileSync(process.execPath, ['-e', 'setTimeout(() => { throw new Error("the bug") })'], { stdio: 'pipe', encoding: 'utf8' })
  } catch (error) {
    printed = (error as { stderr: string }).stderr
  }
  writeFileSync(join(log, 'stderr.log'), `the handler failed\n${printed}this container ends: no manager\n`)
  writeFileSync(join(folder.path, 'healthy.err'), 'a warning\n')

  expect(crashesIn(folder.path)).toEqual([expect.stringContaining('the bug')])
})
