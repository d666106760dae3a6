import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { clusterError, type KeysOf, requireKnownKeys } from '@aicluster/protocol'
import { type CurveClientKeys, DEFAULT_PORTS, ipcEndpoint, ipcFolder, isHost, parsePort, tcpEndpoint } from '@aicluster/transport'
import type { Logger } from '../logger'
import { curveKeysOf, type KeysOnFile, readKeyFile } from './key-file'

/** Where the manager's two sockets for applications are. */
export interface ClusterAddress {
  /** An address or a host name, or `ipc://` and the absolute path of a folder (the ports are then left out). */
  host: string
  /** Default 47100. */
  inferencePort?: number
  /** Default 47101. */
  managementPort?: number
}

const ADDRESS_KEYS: KeysOf<ClusterAddress> = { host: true, inferencePort: true, managementPort: true }

/** How {@link AICluster.connect} finds and treats the cluster. */
export interface ConnectOptions {
  /**
   * Where the manager is: an address, or `ipc://` and a folder. Left out: environment `AICLUSTER_ENDPOINT`, else the manager
   * whose state folder this machine has (`stateFolder`).
   */
  endpoint?: string | ClusterAddress
  /** State folder of a manager on this machine. Default: environment `AICLUSTER_STATE`, else `~/.local/state/aicluster`. */
  stateFolder?: string
  /**
   * The file that `aicluster keys add` has made for this application: address, keys and token. Default: environment
   * `AICLUSTER_KEY_FILE`, unless `endpoint` or `stateFolder` is given. With `endpoint` too, the address is that one's.
   */
  keyFile?: string
  /** How long connecting may take, in ms. Default 5,000. */
  connectTimeoutMs?: number
  /** Aborting gives up connecting: 312. */
  signal?: AbortSignal
  /**
   * What this application proves itself with, where the cluster asks for it (TCP). Default: environment `AICLUSTER_TOKEN`;
   * with a state folder, what the manager has left there.
   */
  token?: string
  /**
   * How long what is open waits for a connection that was lost, in ms; after it 111. As long the cluster keeps what it has for
   * this application. 0: everything open ends with 111 at once. Default 30,000; at most 600,000.
   */
  reconnectTimeoutMs?: number
  /**
   * Requests that may be open at once. Beyond it `infer` and `inferImage` wait for room inside the SDK, first come first served,
   * and their `…Async` forms throw 305. Default 10,000; at most 1,000,000.
   */
  maxPending?: number
  /** Bytes of data and params that may be open at once; beyond it as with `maxPending`. One larger request goes alone. Default 256 MiB. */
  maxPendingBytes?: number
  /** Where the SDK logs. Default: nowhere. */
  logger?: Logger
}

export const CONNECT_KEYS: KeysOf<ConnectOptions> = {
  endpoint: true,
  stateFolder: true,
  keyFile: true,
  connectTimeoutMs: true,
  signal: true,
  token: true,
  reconnectTimeoutMs: true,
  maxPending: true,
  maxPendingBytes: true,
  logger: true,
}

export interface ResolvedEndpoints {
  inference: string
  management: string
  /** What to show at hello; empty where none is asked for. */
  token: string
  /** Where the cluster speaks CURVE. */
  curve?: CurveClientKeys | undefined
}

/**
 * The sockets to connect to.
 * @throws SocketConnectionError (110): no manager has left word in the state folder
 * @throws InvalidArgumentError (302): the endpoint is not one, or the key file holds something else; (301): it cannot be read
 */
export function resolveEndpoints(options: ConnectOptions, env: Readonly<Record<string, string | undefined>>): ResolvedEndpoints {
  const token = options.token ?? env.AICLUSTER_TOKEN
  const isPlaced = options.endpoint !== undefined || options.stateFolder !== undefined
  const keyPath = options.keyFile ?? (isPlaced ? undefined : env.AICLUSTER_KEY_FILE)
  if (keyPath !== undefined && keyPath !== '') {
    const key = readKeyFile(keyPath)
    const address = options.endpoint ?? { host: key.address, inferencePort: key.inferencePort, managementPort: key.managementPort }
    return { ...fromAddress(typeof address === 'string' ? parseEndpoint(address) : address), token: token ?? key.token, curve: key.curve }
  }
  // What the call itself says comes before the environment.
  const endpoint = options.endpoint ?? (options.stateFolder === undefined ? env.AICLUSTER_ENDPOINT : undefined)
  if (endpoint === undefined || endpoint === '') {
    return fromStateFolder(options.stateFolder ?? env.AICLUSTER_STATE ?? defaultStateFolder(env), token)
  }
  return { ...fromAddress(typeof endpoint === 'string' ? parseEndpoint(endpoint) : endpoint), token: token ?? '' }
}

const defaultStateFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'aicluster')

/** `ipc:///folder`, `host`, `host:inferencePort`, `host:inferencePort:managementPort`, with or without `tcp://`. */
function parseEndpoint(text: string): ClusterAddress {
  if (text.startsWith('ipc://')) return { host: text }
  const match = /^(?:tcp:\/\/)?(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d+))?(?::(\d+))?$/.exec(text)
  if (!match) throw invalid(text)
  const [, host = '', inference, management] = match
  const inferencePort = inference === undefined ? DEFAULT_PORTS.inference : parsePort(inference, 'endpoint')
  return {
    host: host.replace(/^\[|\]$/g, ''),
    inferencePort,
    managementPort:
      management === undefined
        ? inference === undefined
          ? DEFAULT_PORTS.management
          : inferencePort + 1
        : parsePort(management, 'endpoint'),
  }
}

function fromAddress(address: ClusterAddress): Pick<ResolvedEndpoints, 'inference' | 'management'> {
  requireKnownKeys(address, 'endpoint', ADDRESS_KEYS)
  const { host, inferencePort, managementPort } = address
  if (typeof host === 'string' && host.startsWith('ipc://')) {
    const folder = ipcFolder(host)
    return { inference: ipcEndpoint(folder, 'inference'), management: ipcEndpoint(folder, 'management') }
  }
  if (typeof host !== 'string' || !isHost(host)) throw invalid(host)
  return {
    inference: tcpEndpoint(host, parsePort(inferencePort ?? DEFAULT_PORTS.inference, 'inferencePort')),
    management: tcpEndpoint(host, parsePort(managementPort ?? DEFAULT_PORTS.management, 'managementPort')),
  }
}

function fromStateFolder(folder: string, givenToken: string | undefined): ResolvedEndpoints {
  const path = join(folder, 'manager.json')
  let word: { address: string; ports?: { inference: number; management: number }; token?: string; curve?: KeysOnFile }
  try {
    word = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw clusterError('connectionEstablishment', {
      detail: `no cluster manager runs with the state folder ${folder} (no ${path}); start one with "aicluster up", or give an endpoint`,
      details: { stateFolder: folder },
      cause,
    })
  }
  const { address, ports, token, curve } = word
  const found = fromAddress(ports ? { host: address, inferencePort: ports.inference, managementPort: ports.management } : { host: address })
  return { ...found, token: givenToken ?? token ?? '', curve: curve && curveKeysOf(curve) }
}

const invalid = (value: unknown) =>
  clusterError('invalidParameter', {
    detail: `endpoint is ${JSON.stringify(value)}, it must be ipc:// and an absolute folder, or HOST[:INFERENCE_PORT[:MANAGEMENT_PORT]]`,
    details: { argument: 'endpoint', value },
  })
