import { fileURLToPath } from 'node:url'
import type { Provocation } from '../provocation'
import { main, shaky } from '../stages/stages'

const KEEPALIVE = ['common.keepalive']
const LEAVES = fileURLToPath(new URL('../programs/leaves.mjs', import.meta.url))
const BODY = Uint8Array.of(1)

/** What happens without being asked for. */
export const EVENTS: readonly Provocation[] = [
  {
    rows: [{ code: 112, apis: KEEPALIVE }],
    happening: async () => {
      const world = await shaky.world()
      return { cluster: world.cluster, event: 'disconnected', cmd: 'keepalive', act: () => world.endManager('SIGKILL') }
    },
  },
  {
    rows: [{ code: 113, apis: KEEPALIVE }],
    happening: async () => {
      const world = await shaky.world()
      if (world.manager.running) await world.endManager('SIGKILL')
      return { cluster: world.cluster, event: 'connected', cmd: 'keepalive', act: () => world.startManager() }
    },
  },
  {
    rows: [{ code: 114, apis: ['common.container_disconnect_detection'] }],
    happening: async () => {
      const world = await main.world()
      await world.load('echo', 'doomed')
      const { 'doomed-board1': pid = 0 } = await world.pids('doomed')
      const act = async () => process.kill(pid, 'SIGKILL')
      return { cluster: world.cluster, event: 'containerDisconnected', cmd: 'container_disconnect', act, fills: ['doomed'] }
    },
  },
  {
    rows: [{ code: 114, apis: KEEPALIVE }],
    happening: async () => {
      const world = await main.world()
      await world.load('echo', 'leaving', { runCommand: [process.execPath, LEAVES] })
      const act = () => world.cluster.infer('leaving', BODY)
      return { cluster: world.cluster, event: 'containerDisconnected', cmd: 'container_disconnect', act, fills: ['leaving'] }
    },
  },
]
