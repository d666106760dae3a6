import type { ClusterMetrics, ContainerHandler, ContainerStatus } from '@aicluster/host-sdk'

/** What a board would tell. */
const UNTOLD = {
  cpuProc: undefined,
  memUsage: undefined,
  memProc: undefined,
  netIo: undefined,
  blockIo: undefined,
  ports: undefined,
  cpuPercent: undefined,
  memBytes: undefined,
  memPercent: undefined,
  pid: undefined,
  distributionOff: undefined,
  restarts: 0,
  queueNum: 0,
  created: '',
}

/** Containers of whose state nobody can be asked, with what the manager knows of them: their connections may stand all the same. */
export function unreachableContainers(handlers: readonly ContainerHandler[], credits: ClusterMetrics['credits']): ContainerStatus[] {
  return handlers.map((handler) => {
    const { connected = false, inFlight = 0 } = credits.find(({ suffixName }) => suffixName === handler.suffixName) ?? {}
    return {
      ...UNTOLD,
      ...handler,
      status: 'unreachable',
      connectStatus: connected ? 'connected' : 'disconnected',
      operate: connected ? (inFlight > 0 ? 'Busy' : 'Free') : 'Unknown',
      sendDataNum: inFlight,
    }
  })
}
