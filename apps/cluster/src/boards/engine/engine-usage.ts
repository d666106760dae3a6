import type { ContainerInspectInfo, ContainerStats } from 'dockerode'
import type { ContainerRuntime } from '../board'

type Usage = Pick<
  ContainerRuntime,
  'cpuPercent' | 'memoryBytes' | 'memoryPercent' | 'readBytes' | 'writtenBytes' | 'netReceivedBytes' | 'netSentBytes'
>

export const NO_USAGE: Usage = {
  cpuPercent: null,
  memoryBytes: null,
  memoryPercent: null,
  readBytes: null,
  writtenBytes: null,
  netReceivedBytes: null,
  netSentBytes: null,
}

/** What a sample of the Engine says, as `docker stats` computes it: 100 % is one busy CPU, memory is without the page cache. */
export function usageOf(stats: ContainerStats): Usage {
  const memory = memoryOf(stats)
  const limit = (stats.memory_stats as { limit?: number }).limit
  return {
    cpuPercent: cpuOf(stats),
    memoryBytes: memory,
    memoryPercent: memory === null || !limit ? null : (100 * memory) / limit,
    readBytes: blockBytes(stats, 'read'),
    writtenBytes: blockBytes(stats, 'write'),
    netReceivedBytes: netBytes(stats, 'rx_bytes'),
    netSentBytes: netBytes(stats, 'tx_bytes'),
  }
}

function cpuOf({ cpu_stats: now, precpu_stats: before }: ContainerStats): number | null {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage
  const passed = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0)
  const cpus = now.online_cpus || now.cpu_usage.percpu_usage?.length || 1
  return passed > 0 && used >= 0 ? (100 * cpus * used) / passed : null
}

/** Cgroup v1 and v2 have different names for what can be dropped at any time. */
function memoryOf({ memory_stats: memory }: ContainerStats): number | null {
  if (memory.usage === undefined) return null
  const stats = (memory.stats ?? {}) as Partial<Record<string, number>>
  const droppable = stats.total_inactive_file ?? stats.inactive_file ?? 0
  return droppable < memory.usage ? memory.usage - droppable : memory.usage
}

function blockBytes({ blkio_stats }: ContainerStats, operation: string): number | null {
  const entries = blkio_stats?.io_service_bytes_recursive
  if (!entries) return null
  return entries.filter(({ op }) => op.toLowerCase() === operation).reduce((sum, { value }) => sum + value, 0)
}

/** None with the network of the board, or with none at all. */
function netBytes({ networks }: ContainerStats, key: 'rx_bytes' | 'tx_bytes'): number | null {
  if (!networks) return null
  return Object.values(networks as unknown as Record<string, Record<string, number>>).reduce((sum, one) => sum + (one[key] ?? 0), 0)
}

/** As `docker ps` writes them: `0.0.0.0:8080->80/tcp, 90/tcp`. */
export function portsText(info: ContainerInspectInfo): string | null {
  const ports = Object.entries((info.NetworkSettings?.Ports ?? {}) as Record<string, { HostIp: string; HostPort: string }[] | null>)
  const texts = ports.flatMap(([port, bindings]) =>
    bindings?.length
      ? bindings.map(({ HostIp, HostPort }) => `${HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}->${port}`)
      : [port],
  )
  return texts.length === 0 ? null : texts.join(', ')
}
