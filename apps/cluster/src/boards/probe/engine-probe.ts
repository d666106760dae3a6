import type Docker from 'dockerode'
import { cleanText } from '../plain-cause'
import type { BoardProblem, EngineProbe } from './board-probe'

/** Engine 20.10: the first with what we use. */
const OLDEST_API = [1, 41] as const
const MAX_TEXT = 200
const MAX_RUNTIMES = 64

/** What `/info` says beyond dockerode's types. */
interface EngineInfo {
  DockerRootDir?: string
  OSType?: string
  Runtimes?: Record<string, unknown>
  /** Engine 28 and later. */
  DiscoveredDevices?: { Source?: string; ID?: string }[]
}

/**
 * Ask an Engine what it is and can do.
 *
 * @param hasGpuHook - whether the machine has NVIDIA's hook, which lets an Engine grant device requests
 * @throws what dockerode throws: it cannot be reached
 */
export async function probeEngine(engine: Docker, hasGpuHook: boolean): Promise<{ engine: EngineProbe; problems: BoardProblem[] }> {
  const [version, info] = await Promise.all([engine.version(), engine.info() as Promise<EngineInfo>])
  const runtimes = Object.keys(info.Runtimes ?? {}).slice(0, MAX_RUNTIMES)
  const probe: EngineProbe = {
    version: cleanText(String(version.Version), MAX_TEXT),
    apiVersion: cleanText(String(version.ApiVersion), MAX_TEXT),
    rootFolder: String(info.DockerRootDir ?? '/var/lib/docker'),
    runtimes: runtimes.map((name) => cleanText(name, MAX_TEXT)),
    gpuAccess: gpuAccess(info, hasGpuHook),
  }
  return { engine: probe, problems: problemsOf(probe, info) }
}

/** What this Engine lacks to run our containers at all; undefined: nothing. */
export function engineTooOld({ version, apiVersion }: Pick<EngineProbe, 'version' | 'apiVersion'>): BoardProblem | undefined {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_API
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return {
    what: `its Docker Engine ${version} (API ${apiVersion}) is too old`,
    cure: `install Docker Engine 20.10 (API ${OLDEST_API.join('.')}) or later`,
  }
}

function gpuAccess(info: EngineInfo, hasGpuHook: boolean): EngineProbe['gpuAccess'] {
  if (info.Runtimes && 'nvidia' in info.Runtimes) return 'runtime'
  if (hasGpuHook) return 'device-requests'
  return info.DiscoveredDevices?.some(({ ID }) => ID?.startsWith('nvidia.com/gpu')) ? 'cdi' : null
}

function problemsOf(probe: EngineProbe, info: EngineInfo): BoardProblem[] {
  const problems: BoardProblem[] = []
  const tooOld = engineTooOld(probe)
  if (tooOld) problems.push(tooOld)
  if (info.OSType !== undefined && info.OSType !== 'linux') {
    problems.push({
      what: `its Docker Engine runs ${cleanText(info.OSType, MAX_TEXT)} containers`,
      cure: 'use an Engine that runs Linux containers',
    })
  }
  return problems
}
