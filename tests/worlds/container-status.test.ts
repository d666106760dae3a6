import { describe, expect, it } from 'vitest'
import { rawCommand } from './raw-command'
import { startWorld, type World } from './world'

type Status = Record<string, unknown>

const statusOf = async (world: World, name: string): Promise<Status> => {
  const [status] = await rawCommand<Status[]>(world.cluster, { cmd: 'get_container_status', inference_name: name })
  return status ?? {}
}
const portsOf = (world: World): { pub: number; sub: number } =>
  (world.manager.endpoint as unknown as { ports: { pub: number; sub: number } }).ports

/** What `docker stats` prints. */
const SIZE = '\\d+(\\.\\d+)?'
const TRAFFIC = new RegExp(`^${SIZE}(B|kB|MB) / ${SIZE}(B|kB|MB)$`)
const MEMORY = new RegExp(`^${SIZE}(KiB|MiB|GiB) / ${SIZE}(MiB|GiB|TiB)$`)

describe('the state of a container', () => {
  it('of a program has a true value everywhere: what it uses, what it moved, where it is connected', async () => {
    await using world = await startWorld({ transport: 'tcp' })
    await world.load('echo', 'digits')
    const before = await statusOf(world, 'digits')
    await world.cluster.infer('digits', new Uint8Array(200_000), { as: 'bytes' })

    const status = await statusOf(world, 'digits')

    const { pub, sub } = portsOf(world)
    expect(status).toMatchObject({
      ports: `${pub}/tcp, ${sub}/tcp`,
      cpu_proc: expect.stringMatching(/^\d+\.\d\d%$/),
      mem_usage: expect.stringMatching(MEMORY),
      mem_proc: expect.stringMatching(/^\d+\.\d\d%$/),
      net_io: expect.stringMatching(TRAFFIC),
      block_io: expect.stringMatching(TRAFFIC),
      status: 'running',
      connect_status: 'connected',
      operate: 'Free',
      queue_num: 0,
      send_data_num: 0,
      mem_bytes: expect.any(Number),
      cpu_percent: expect.any(Number),
      pid: expect.any(Number),
    })
    expect(Math.abs(Date.now() - Date.parse(String(status.created)))).toBeLessThan(60_000)
    // Tx / Rx: it has sent back what it received.
    expect(before.net_io).not.toBe(status.net_io)
    expect(String(status.net_io).match(/2\d\d(\.\d)?kB/g)).toHaveLength(2)
  })

  it('of a Loop has no program and no links; it is there since it was registered', async () => {
    await using world = await startWorld()
    await world.cluster.loadInference({ name: 'mirror', implementationType: 'Loop' }, 'board1')

    const status = await statusOf(world, 'mirror')

    expect(status).toMatchObject({
      status: 'running',
      connect_status: 'connected',
      operate: 'Free',
      pid: null,
      cpu_proc: null,
      net_io: null,
      ports: null,
    })
    expect(Math.abs(Date.now() - Date.parse(String(status.created)))).toBeLessThan(60_000)
  })
})
