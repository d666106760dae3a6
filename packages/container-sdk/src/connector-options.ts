import { readFileSync } from 'node:fs'
import { type AIClusterError, clusterError, isName, type KeysOf, NAME_RULE } from '@aicluster/protocol'
import {
  type Context,
  type CurveClientKeys,
  ipcEndpoint,
  ipcFolder,
  isCurveKey,
  isHost,
  parsePort,
  tcpEndpoint,
} from '@aicluster/transport'
import { requireOptions } from './option-keys'

/** How a {@link Connector} finds the cluster. What is left out is read from the environment that the cluster gives a container. */
export interface ConnectorOptions {
  /** ZeroMQ context for the sockets; the process's own when left out. */
  context?: Context
  /** The container's own subscription: its inference name. Environment: `AICLUSTER_SUB_NAME`. */
  subName?: string
  /** Address of the cluster manager, or `ipc://` and a folder (the ports are then left out). Environment: `AICLUSTER_HOST_IP`. */
  hostIp?: string
  /** Port that responses go out to. Environment: `AICLUSTER_PUB_PORT`. */
  pubPort?: string | number
  /** Port that requests come in from. Environment: `AICLUSTER_SUB_PORT`. */
  subPort?: string | number
  /** How long connecting may take, in ms. Default 10,000. Ours. */
  connectTimeoutMs?: number
  /**
   * A container without a manager for this long, in ms, ends its process, so that nothing is left behind. Default 20,000; 0 never.
   * Only where the cluster started the process. Ours.
   */
  orphanTimeoutMs?: number
}

const CONNECTOR_KEYS: KeysOf<ConnectorOptions> = {
  context: true,
  subName: true,
  hostIp: true,
  pubPort: true,
  subPort: true,
  connectTimeoutMs: true,
  orphanTimeoutMs: true,
}

/** Options with the environment filled in. */
export interface ResolvedConnectorOptions {
  context: Context | undefined
  subName: string
  /** Every inference name it serves, its own first. */
  names: string[]
  requestsEndpoint: string
  answersEndpoint: string
  instance: string
  token: string
  /** Where the cluster speaks CURVE. */
  curve: CurveClientKeys | undefined
  connectTimeoutMs: number
  orphanTimeoutMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const required = (argument: string, variable: string): AIClusterError =>
  clusterError('argumentRequired', {
    args: [argument],
    detail: `give it, or set ${variable}, as the cluster does for a container that it starts (aicluster load)`,
    details: { argument, variable },
  })

const wrong = (argument: string, value: unknown, rule: string): AIClusterError =>
  clusterError('argumentRequired', {
    args: [argument],
    detail: `${JSON.stringify(value)} given, it must be ${rule}`,
    details: { argument, value },
  })

/** Longest time that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** @throws InvalidArgumentError (100) not a whole number, or out of its range */
function milliseconds(argument: string, value: unknown, least: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_TIMER_MS) return value as number
  throw wrong(argument, value, `a whole number of ms from ${least} to ${MAX_TIMER_MS}`)
}

/**
 * Fill in what was left out.
 * @throws InvalidArgumentError (100) naming the argument that is missing or invalid; (302) an unknown key
 */
export function resolveConnectorOptions(options: ConnectorOptions, env: Environment): ResolvedConnectorOptions {
  requireOptions(options, CONNECTOR_KEYS)
  const subName = options.subName ?? env.AICLUSTER_SUB_NAME
  if (!subName) throw required('subName', 'AICLUSTER_SUB_NAME')
  if (!isName(subName)) throw wrong('subName', subName, NAME_RULE)
  const hostIp = options.hostIp ?? env.AICLUSTER_HOST_IP
  if (!hostIp) throw required('hostIp', 'AICLUSTER_HOST_IP')
  return {
    context: options.context,
    subName,
    names: namesServed(subName, env),
    ...endpoints(hostIp, options, env),
    instance: env.AICLUSTER_INSTANCE ?? '',
    token: readSecret('AICLUSTER_TOKEN_FILE', env)?.trim() ?? '',
    curve: readCurve(env),
    connectTimeoutMs: milliseconds('connectTimeoutMs', options.connectTimeoutMs ?? 10_000, 1),
    orphanTimeoutMs: milliseconds('orphanTimeoutMs', options.orphanTimeoutMs ?? 20_000, 0),
  }
}

function endpoints(hostIp: string, options: ConnectorOptions, env: Environment): { requestsEndpoint: string; answersEndpoint: string } {
  if (hostIp.startsWith('ipc://')) {
    const folder = asArgument('hostIp', () => ipcFolder(hostIp))
    return { requestsEndpoint: ipcEndpoint(folder, 'sub'), answersEndpoint: ipcEndpoint(folder, 'pub') }
  }
  if (!isHost(hostIp)) throw wrong('hostIp', hostIp, 'an address, a host name, or ipc:// and an absolute folder')
  const port = (argument: 'pubPort' | 'subPort', variable: string) => {
    const value = options[argument] ?? env[variable]
    if (value === undefined || value === '') throw required(argument, variable)
    return asArgument(argument, () => parsePort(value, argument))
  }
  const pubPort = port('pubPort', 'AICLUSTER_PUB_PORT')
  const subPort = port('subPort', 'AICLUSTER_SUB_PORT')
  return { requestsEndpoint: tcpEndpoint(hostIp, subPort), answersEndpoint: tcpEndpoint(hostIp, pubPort) }
}

/** A wrong argument of the constructor is 100, as the seed says, whatever a helper calls it. */
function asArgument<T>(argument: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw clusterError('argumentRequired', { args: [argument], detail: (cause as Error).message, details: { argument }, cause })
  }
}

function namesServed(subName: string, env: Environment): string[] {
  const names = new Set([subName])
  try {
    const modules: unknown = JSON.parse(env.AICLUSTER_MODULES ?? '[]')
    for (const module of [modules].flat() as { sub_inference_name?: unknown }[]) {
      if (isName(module?.sub_inference_name)) names.add(module.sub_inference_name)
    }
  } catch {
    // What the cluster writes is JSON; a container that sets its own nonsense serves its own name.
  }
  return [...names]
}

type SecretVariable = 'AICLUSTER_TOKEN_FILE' | 'AICLUSTER_CURVE_FILE'

/** What is in the file that the variable names; undefined where it names none. */
function readSecret(variable: SecretVariable, env: Environment): string | undefined {
  const path = env[variable]
  if (!path) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw clusterError('argumentRequired', {
      args: [variable],
      detail: `${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      cause,
    })
  }
}

function readCurve(env: Environment): CurveClientKeys | undefined {
  const text = readSecret('AICLUSTER_CURVE_FILE', env)
  if (text === undefined) return undefined
  const keys = curveKeysOf(text)
  if (keys) return keys
  // The text itself stays out of the message: it may be a key.
  throw clusterError('argumentRequired', {
    args: ['AICLUSTER_CURVE_FILE'],
    detail: `${env.AICLUSTER_CURVE_FILE} must hold server_key, public_key and secret_key, each 40 characters of Z85, as JSON`,
  })
}

function curveKeysOf(text: string): CurveClientKeys | undefined {
  try {
    const { server_key, public_key, secret_key } = JSON.parse(text) as Record<string, unknown>
    if (!isCurveKey(server_key) || !isCurveKey(public_key) || !isCurveKey(secret_key)) return undefined
    return { serverKey: server_key, publicKey: public_key, secretKey: secret_key }
  } catch {
    return undefined
  }
}
