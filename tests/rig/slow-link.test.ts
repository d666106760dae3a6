import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it } from 'vitest'
import { addKey } from '../worlds/keys'
import { startWorld } from '../worlds/world'
import { noNamespaces, SlowLink } from './slow-link'

const BYTES = 6 * 1024 * 1024
/** What 10 Mbit/s need for it, there and back, in ms. */
const LEAST_MS = (2 * BYTES * 8) / 10_000
const PROGRAM = fileURLToPath(new URL('programs/send-large.mjs', import.meta.url))

describeUnless(noNamespaces(), 'over a link of 10 Mbit/s', () => {
  it.each([
    ['with CURVE', {}],
    ['insecure', { insecure: true }],
  ])(
    '6 MB pass both ways, %s, and the connection is never cut',
    async (_, protection) => {
      using link = new SlowLink('w-curve', '10mbit')
      const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
      await using world = await startWorld({
        config: { listen: { transport: 'tcp', host: link.near, ...ports, ...protection }, boards: [{ name: 'board1', processes: true }] },
      })
      await world.load('echo', 'echo')

      const [file, args] = link.command(process.execPath, PROGRAM, await addKey(world, 'camera'), String(BYTES))
      const { stdout } = await promisify(execFile)(file, args, { timeout: 60_000 })

      const { same, cuts, tookMs } = JSON.parse(stdout) as { same: boolean; cuts: number; tookMs: number }
      expect({ same, cuts }).toEqual({ same: true, cuts: 0 })
      // The link was as slow as it should be.
      expect(tookMs).toBeGreaterThan(0.9 * LEAST_MS)
      const { counters } = await world.metrics()
      expect(counters.sessions_resumed_total ?? 0).toBe(0)
    },
    90_000,
  )
})
