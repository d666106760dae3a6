import type Docker from 'dockerode'
import type { HostConfig } from 'dockerode'
import { stripControl } from '../local/strip-control'
import type { Machine } from '../machine'

/** How containers get at the GPUs of a machine. */
export type GpuAccess = 'runtime' | 'requests' | 'cdi'

/** What `/info` tells that matters here. */
interface EngineInfo {
  Runtimes?: Record<string, unknown> | null
  DiscoveredDevices?: { ID?: string }[] | null
}

/** An Engine whose daemon finds this program answers device requests, but does not say so. */
const HOOKS = ['/usr/bin/nvidia-container-runtime-hook', '/usr/local/bin/nvidia-container-runtime-hook']

export interface GpuProbe {
  access: GpuAccess | undefined
  runtimes: string[]
}

/** What a machine offers to containers that want GPUs. */
export async function probeGpus({ engine, files }: Machine): Promise<GpuProbe> {
  const info = (await engine.info()) as EngineInfo
  const runtimes = Object.keys(info.Runtimes ?? {}).map(stripControl)
  const access = (): Promise<GpuAccess | undefined> | GpuAccess => {
    if (runtimes.includes('nvidia')) return 'runtime'
    if (info.DiscoveredDevices?.some(({ ID }) => ID?.startsWith('nvidia.com/gpu='))) return 'cdi'
    return hookThere(files)
  }
  return { access: await access(), runtimes }
}

async function hookThere(files: Machine['files']): Promise<GpuAccess | undefined> {
  // A link to it is of another kind.
  for (const path of HOOKS) if (['file', 'other'].includes((await files.kind(path)) ?? '')) return 'requests'
  return undefined
}

/** Give a container all GPUs; devices that its `run_option` names are taken instead. */
export function giveGpus(body: Docker.ContainerCreateOptions, host: HostConfig, access: GpuAccess): void {
  const named = (host.DeviceRequests ?? []).length > 0
  if (access === 'runtime') {
    host.Runtime ??= 'nvidia'
    // The runtime reads them; on a Jetson there are no device requests at all.
    if (!named) body.Env = ['NVIDIA_VISIBLE_DEVICES=all', 'NVIDIA_DRIVER_CAPABILITIES=compute,utility', ...(body.Env ?? [])]
  } else if (!named && access === 'cdi') host.DeviceRequests = [{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] }]
  else if (!named) host.DeviceRequests = [{ Driver: '', Count: -1, Capabilities: [['gpu']] }]
}
