import { createHash } from 'node:crypto'
import type { ContainerCreateOptions, HostConfig, ImageInspectInfo } from 'dockerode'
import type { ContainerSpec } from '../board'
import { commandWords } from '../local/program'
import type { ContainerFolders } from './container-folders'
import { BOARD_LABEL, CLUSTER_LABEL, CONTAINER_LABEL, INSTANCE_LABEL, SPEC_LABEL } from './container-labels'
import { APP_FOLDER, CURVE_NAME, SECRET_FOLDER, TOKEN_NAME } from './container-places'
import { type GpuAccess, giveGpus } from './gpu-access'
import type { RunOptions } from './run-options/option-table'

/** Everything a container on an Engine is made from. */
export interface CreateInput {
  board: string
  clusterId: string
  spec: ContainerSpec
  image: ImageInspectInfo
  options: RunOptions
  folders: ContainerFolders
  /** Undefined: it gets no GPU. */
  gpu: GpuAccess | undefined
  sharedFolders: readonly string[]
}

/** Logs are read through the Engine, whatever its default driver is, and must not fill the board's disk. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '3' } }

/** The body of the Engine's create request. Holds no secret: those are in the folder that is mounted. */
export function createBody(input: CreateInput): ContainerCreateOptions {
  const { spec, image, options, folders } = input
  const { config } = spec
  const host: HostConfig = {
    ...options.host,
    LogConfig: LOG_CONFIG,
    RestartPolicy: { Name: config.restart === 'never' ? 'no' : 'unless-stopped' },
    Mounts: mounts(input) as never,
  }
  const command = config.run_command === null || config.run_command === undefined ? {} : { Cmd: commandWords(config.run_command) }
  const body: ContainerCreateOptions = {
    WorkingDir: APP_FOLDER,
    ...options.container,
    ...command,
    Image: image.Id,
    Env: environment(spec, options),
    HostConfig: host,
    Labels: { ...options.container.Labels, ...labels(input) },
  }
  if (input.gpu) giveGpus(body, host, input.gpu)
  const digest = createHash('sha256')
    .update(JSON.stringify([body, folders.root]))
    .digest('hex')
  return { ...body, Labels: { ...body.Labels, [SPEC_LABEL]: digest } }
}

/** Later ones win: what the cluster says of itself over everything else. */
function environment({ config, environment, curve }: ContainerSpec, { container }: RunOptions): string[] {
  const given = (container.Env ?? []).map((entry): [string, string] => {
    const at = entry.indexOf('=')
    return [entry.slice(0, at), entry.slice(at + 1)]
  })
  const all = {
    ...Object.fromEntries(given),
    ...config.env,
    ...environment,
    AICLUSTER_TOKEN_FILE: `${SECRET_FOLDER}/${TOKEN_NAME}`,
    ...(curve === undefined ? {} : { AICLUSTER_CURVE_FILE: `${SECRET_FOLDER}/${CURVE_NAME}` }),
  }
  return Object.entries(all).map(([name, value]) => `${name}=${value}`)
}

function mounts({ options, folders, sharedFolders }: CreateInput) {
  return [
    ...((options.host.Mounts ?? []) as unknown as object[]),
    { Type: 'bind', Source: folders.app, Target: APP_FOLDER },
    { Type: 'bind', Source: folders.secret, Target: SECRET_FOLDER, ReadOnly: true },
    // Read-only: sockets in it can be connected to, not taken away.
    ...sharedFolders.map((path) => ({ Type: 'bind', Source: path, Target: path, ReadOnly: true })),
  ]
}

const labels = ({ board, clusterId, spec }: CreateInput): Record<string, string> => ({
  [CLUSTER_LABEL]: clusterId,
  [BOARD_LABEL]: board,
  [CONTAINER_LABEL]: spec.suffixName,
  [INSTANCE_LABEL]: spec.instance,
})
