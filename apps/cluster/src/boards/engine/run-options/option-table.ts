import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import { gpuRequest } from './gpu-request'
import { bindOf, mountOf, mountTarget, tmpfsOf } from './mounts'
import { bytesOf, countOf, nanoCpusOf, OptionValueError, pairOf, switchOf, textOf, ulimitOf } from './option-values'
import { exposedPorts, publishedPorts } from './published-ports'

/** What a `run_option` line asks for, in the Engine's words; grows option by option. */
export interface RunOptions {
  container: ContainerCreateOptions
  host: HostConfig
}

/** How one option is read. */
export interface RunOption {
  /** One letter. */
  short?: string
  /** It has no value, or `=true` and `=false`. */
  flag?: true
  /** Whether it reaches beyond the container with this value, so that the board's config must allow it. */
  escapes?: true | ((value: string) => boolean)
  set(options: RunOptions, value: string): void
}

/** An option that is known and never taken, and why. */
export interface RefusedOption {
  short?: string
  flag?: true
  refused: string
}

const hostField =
  <Key extends keyof HostConfig>(key: Key, read: (value: string) => HostConfig[Key]) =>
  ({ host }: RunOptions, value: string): void => {
    host[key] = read(value)
  }

const hostList =
  (key: 'CapAdd' | 'CapDrop' | 'Dns' | 'DnsSearch' | 'ExtraHosts' | 'GroupAdd' | 'SecurityOpt' | 'VolumesFrom' | 'Binds') =>
  ({ host }: RunOptions, value: string): void => {
    host[key] = [...(host[key] ?? []), textOf(value)]
  }

/** Namespaces of the board, or of another container on it. */
const foreignNamespace = (value: string): boolean => value === 'host' || value.startsWith('container:') || value.startsWith('ns:')

const namespaceOf =
  (...own: string[]) =>
  (value: string): string => {
    if (own.includes(value) || foreignNamespace(value)) return value
    throw new OptionValueError(`must be ${[...own, 'host'].join(' or ')}`)
  }

function setEnvironment({ container }: RunOptions, value: string): void {
  const [name] = pairOf(value)
  if (!value.includes('=')) throw new OptionValueError('must be NAME=VALUE: there is no shell whose variable could be taken')
  if (name.startsWith('AICLUSTER_')) throw new OptionValueError("begins with AICLUSTER_, which is the cluster's own")
  container.Env = [...(container.Env ?? []), value]
}

function setLabel({ container }: RunOptions, value: string): void {
  const [name, text] = pairOf(value)
  if (name.startsWith('io.aicluster.')) throw new OptionValueError("begins with io.aicluster., which is the cluster's own")
  container.Labels = { ...container.Labels, [name]: text }
}

function publish({ container, host }: RunOptions, value: string): void {
  const bindings: Record<string, unknown[]> = { ...host.PortBindings }
  for (const { port, binding } of publishedPorts(value)) {
    bindings[port] = [...(bindings[port] ?? []), binding]
    container.ExposedPorts = { ...container.ExposedPorts, [port]: {} }
  }
  host.PortBindings = bindings
}

function expose({ container }: RunOptions, value: string): void {
  for (const port of exposedPorts(value)) container.ExposedPorts = { ...container.ExposedPorts, [port]: {} }
}

function addDevice({ host }: RunOptions, value: string): void {
  const [outside = '', inside = outside, permissions = 'rwm'] = value.split(':')
  if (!outside.startsWith('/') || !inside.startsWith('/') || !/^[rwm]{1,3}$/.test(permissions)) {
    throw new OptionValueError('must be /dev/NAME[:/dev/NAME[:rwm]]')
  }
  host.Devices = [...(host.Devices ?? []), { PathOnHost: outside, PathInContainer: inside, CgroupPermissions: permissions }]
}

const RUNTIMES_WITHOUT_PERMISSION = ['runc', 'nvidia']

/** Every option of `docker run` that is taken. What is not here is refused by name. */
export const RUN_OPTIONS: Readonly<Record<string, RunOption>> = {
  cpus: { set: hostField('NanoCpus', nanoCpusOf) },
  memory: { short: 'm', set: hostField('Memory', bytesOf) },
  'memory-swap': { set: hostField('MemorySwap', (value) => (value === '-1' ? -1 : bytesOf(value))) },
  'cpuset-cpus': { set: hostField('CpusetCpus', textOf) },
  'shm-size': { set: hostField('ShmSize', bytesOf) },
  ulimit: {
    set: ({ host }, value) => {
      host.Ulimits = [...(host.Ulimits ?? []), ulimitOf(value)]
    },
  },
  env: { short: 'e', set: setEnvironment },
  publish: { short: 'p', set: publish },
  expose: { set: expose },
  dns: { set: hostList('Dns') },
  'dns-search': { set: hostList('DnsSearch') },
  'add-host': { set: hostList('ExtraHosts') },
  hostname: {
    short: 'h',
    set: ({ container }, value) => {
      container.Hostname = textOf(value)
    },
  },
  network: { escapes: foreignNamespace, set: hostField('NetworkMode', textOf) },
  user: {
    short: 'u',
    set: ({ container }, value) => {
      container.User = textOf(value)
    },
  },
  workdir: {
    short: 'w',
    set: ({ container }, value) => {
      container.WorkingDir = textOf(value)
    },
  },
  entrypoint: {
    set: ({ container }, value) => {
      // Empty takes the image's own away, as in docker run.
      container.Entrypoint = value === '' ? [''] : [value]
    },
  },
  label: { short: 'l', set: setLabel },
  tmpfs: {
    set: ({ host }, value) => {
      const [target, options] = tmpfsOf(value)
      host.Tmpfs = { ...host.Tmpfs, [target]: options }
    },
  },
  'read-only': { flag: true, set: hostField('ReadonlyRootfs', switchOf) },
  init: { flag: true, set: hostField('Init', switchOf) },
  'stop-signal': {
    set: ({ container }, value) => {
      container.StopSignal = textOf(value)
    },
  },
  'stop-timeout': {
    set: ({ container }, value) => {
      container.StopTimeout = countOf(value)
    },
  },
  gpus: {
    set: ({ host }, value) => {
      host.DeviceRequests = [...(host.DeviceRequests ?? []), gpuRequest(value)]
    },
  },
  runtime: { escapes: (value) => !RUNTIMES_WITHOUT_PERMISSION.includes(value), set: hostField('Runtime', textOf) },
  'cap-drop': { set: hostList('CapDrop') },
  'group-add': { set: hostList('GroupAdd') },
  sysctl: {
    set: ({ host }, value) => {
      const [name, text] = pairOf(value)
      host.Sysctls = { ...host.Sysctls, [name]: text }
    },
  },
  ipc: { escapes: foreignNamespace, set: hostField('IpcMode', namespaceOf('private', 'shareable', 'none')) },
  pid: { escapes: true, set: hostField('PidMode', namespaceOf()) },
  uts: { escapes: true, set: hostField('UTSMode', namespaceOf()) },
  userns: { escapes: true, set: hostField('UsernsMode', namespaceOf()) },
  device: { escapes: true, set: addDevice },
  'cap-add': { escapes: true, set: hostList('CapAdd') },
  'security-opt': { escapes: true, set: hostList('SecurityOpt') },
  privileged: { flag: true, escapes: true, set: hostField('Privileged', switchOf) },
  'volumes-from': { escapes: true, set: hostList('VolumesFrom') },
  mount: {
    escapes: true,
    set: ({ host }, value) => {
      // The types of dockerode have one mount where the Engine takes a list.
      const mounts = (host.Mounts ?? []) as unknown[]
      host.Mounts = [...mounts, mountOf(value)] as never
    },
  },
  volume: {
    short: 'v',
    escapes: true,
    set: ({ container, host }, value) => {
      const bind = bindOf(value)
      if (bind.includes(':')) host.Binds = [...(host.Binds ?? []), bind]
      else container.Volumes = { ...container.Volumes, [mountTarget(bind)]: {} }
    },
  },
  'cgroup-parent': { escapes: true, set: hostField('CgroupParent', textOf) },
}

const NAMED_BY_US = 'the cluster names its containers by itself'
const RUNS_DETACHED = 'the cluster runs its containers detached, their output goes to `aicluster logs`'

/** Options that somebody may well try, and what to do instead. */
export const REFUSED_OPTIONS: Readonly<Record<string, RefusedOption>> = {
  restart: { refused: 'use the key restart ("always" or "never")' },
  'log-driver': { refused: 'the cluster reads the logs, and rotates them, by itself' },
  'log-opt': { refused: 'the cluster reads the logs, and rotates them, by itself' },
  name: { refused: NAMED_BY_US },
  detach: { short: 'd', flag: true, refused: RUNS_DETACHED },
  interactive: { short: 'i', flag: true, refused: RUNS_DETACHED },
  tty: { short: 't', flag: true, refused: RUNS_DETACHED },
  rm: { flag: true, refused: 'the cluster removes its containers by itself' },
  'env-file': { refused: 'use the key env' },
  pull: { refused: 'images come from image_path and image_filename, never from a registry' },
}

/** Other names of an option. */
export const ALIASES: Readonly<Record<string, string>> = { net: 'network' }
