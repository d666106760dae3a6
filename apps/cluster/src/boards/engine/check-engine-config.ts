import type { ContainerConfig } from '@aicluster/protocol'
import { boardError } from '../board-error'
import { checkCommandWords, checkEnvironment, checkSources } from '../local/config-sources'
import { type ConfigPlace, configError } from '../local/container-errors'
import type { Machine } from '../machine'
import { type GpuAccess, probeGpus } from './gpu-access'
import type { RunOptions } from './run-options/option-table'
import { parseRunOptions, RunOptionError } from './run-options/parse-run-options'

/** Programs of today's Connector, secrets by read-only mounts and the events read here have been there since then. */
const OLDEST_API = 1.41

/** Whether an Engine can run such a container, but for its image. @throws InvalidArgumentError (201, 301, 302) */
export async function checkEngineConfig(place: ConfigPlace, config: ContainerConfig, allowedRunOptions: readonly string[]): Promise<void> {
  if (config.run_command !== null && config.run_command !== undefined) checkCommandWords(place, config.run_command)
  checkEnvironment(place, config)
  runOptionsOf(place, config, allowedRunOptions)
  await checkSources(place, config, { reserved: [], absoluteCopies: true })
}

/** @throws InvalidArgumentError (302) naming the option */
export function runOptionsOf(place: ConfigPlace, config: ContainerConfig, allowed: readonly string[]): RunOptions {
  const line = config.run_option ?? ''
  try {
    return parseRunOptions(line, allowed)
  } catch (error) {
    if (!(error instanceof RunOptionError)) throw error
    throw configError(place, 'invalidParameter', 'run_option', line, error.message)
  }
}

/** @throws SshConnectionError (500) it is older than what is needed here */
export async function checkEngineVersion(board: string, { engine }: Machine): Promise<void> {
  const { ApiVersion, Version } = await engine.version().catch((error) => {
    throw boardError(board, 'ask the Engine for its version', error)
  })
  const [major = 0, minor = 0] = ApiVersion.split('.').map(Number)
  if (major > 1 || (major === 1 && minor >= 41)) return
  throw boardError(
    board,
    'use its Engine',
    new Error(`Docker Engine ${Version} (API ${ApiVersion}) is too old: 20.10 (API ${OLDEST_API}) or newer is needed`),
  )
}

/**
 * How the container gets its GPUs; undefined when it wants none.
 * @throws InvalidArgumentError (302) naming board and what it has; SshConnectionError (500)
 */
export async function gpuAccessFor(
  place: ConfigPlace,
  config: ContainerConfig,
  options: RunOptions,
  machine: Machine,
): Promise<GpuAccess | undefined> {
  const { Runtime: runtime, DeviceRequests: requests = [] } = options.host
  const isNvidia = config.implementation_type === 'nvidia'
  if (!isNvidia && runtime === undefined && requests.length === 0) return undefined
  const { access, runtimes } = await probeGpus(machine).catch((error) => {
    throw boardError(place.board, 'ask the Engine for its runtimes', error)
  })
  const there = `its Engine has the runtimes ${runtimes.join(', ') || 'of no name'}`
  if (runtime !== undefined && !runtimes.includes(runtime)) {
    throw configError(
      place,
      'invalidParameter',
      'run_option',
      config.run_option,
      `asks for the runtime ${JSON.stringify(runtime)}, which this board has not got: ${there}`,
    )
  }
  if (!isNvidia && requests.length === 0) return undefined
  if (access !== undefined) return access
  const [field, value] = isNvidia ? ['implementation_type', 'nvidia'] : ['run_option', config.run_option]
  const cure = `needs a GPU, and this board gives none to containers: ${there}. Install nvidia-container-toolkit there, then nvidia-ctk runtime configure --runtime=docker, and restart docker`
  throw configError(place, 'invalidParameter', field as string, value, cure)
}
