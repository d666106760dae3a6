import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RawRouter, WireFaults } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'

/** Where `zeromq` is found. */
const HERE = fileURLToPath(new URL('.', import.meta.url))

describe('a program that is started with faults on its wire', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aicf-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('knows nothing of them: what it sends gets lost, and is counted', async () => {
    const faults = new WireFaults(join(folder, 'faults'), { seed: 1 })
    faults.set({ Others: { lost: 1 } })
    const { router, endpoint } = await RawRouter.bind(`ipc://${folder}/s`)
    await using _closes = router
    // Says hello to the socket, in bytes of ours and then in others.
    const program = `
      import { Dealer } from 'zeromq'
      const dealer = new Dealer()
      dealer.connect(${JSON.stringify(endpoint)})
      await dealer.send([Buffer.from([0x41, 0x49, 1, 0])])
      await dealer.send([Buffer.from('foreign')])
      setTimeout(() => process.exit(0), 1_000)`
    const args = ['--input-type=module', '--eval', program]
    const child = spawn(process.execPath, args, {
      cwd: HERE,
      env: { ...process.env, ...faults.environment },
      stdio: 'inherit',
    })

    expect((await router.receive()).frames).toEqual([Buffer.from('foreign')])

    await once(child, 'exit')
    expect(child.exitCode).toBe(0)
    await eventually('the count', () => faults.counts().lostOthers === 1)
  })
})
