import { clusterError, NAME_PATTERN } from '@aicluster/protocol'

/** Longest path of a Unix socket that every system takes, in bytes. */
export const MAX_IPC_PATH_BYTES = 103

/** The four sockets of a manager. `sub` and `pub` are named as a container sees them: requests come in, answers go out. */
export type ClusterSocket = 'inference' | 'management' | 'sub' | 'pub'

/** The ports that a manager uses over TCP unless its configuration says otherwise. */
export const DEFAULT_PORTS: Readonly<Record<ClusterSocket, number>> = { inference: 47100, management: 47101, pub: 47102, sub: 47103 }

/** Address of a socket in a private folder, or on a TCP port. */
export const ipcEndpoint = (folder: string, socket: ClusterSocket): string => `ipc://${folder.replace(/\/+$/, '')}/${socket}`
/** The ZeroMQ endpoint of an address and a port; an IPv6 address gets its brackets. */
export const tcpEndpoint = (host: string, port: number): string => `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`

/** Whether what is sent there stays on this machine. */
export const staysOnThisMachine = (endpoint: string): boolean =>
  endpoint.startsWith('ipc://') || /^tcp:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\]):/.test(endpoint)

/**
 * The folder in an `ipc://` address.
 * @throws InvalidArgumentError (302) when the folder is relative or too long for a socket path
 */
export function ipcFolder(address: string): string {
  const folder = address.replace(/^ipc:\/\//, '').replace(/\/+$/, '')
  if (!folder.startsWith('/')) {
    throw clusterError('invalidParameter', { detail: `${address} must be ipc:// and the absolute path of a folder`, details: { address } })
  }
  const longest = Buffer.byteLength(`${folder}/management`)
  if (longest > MAX_IPC_PATH_BYTES) {
    throw clusterError('invalidParameter', {
      detail: `the socket folder ${folder} is too long: with the name of a socket ${longest} bytes, a Unix socket takes ${MAX_IPC_PATH_BYTES}`,
      details: { address },
    })
  }
  return folder
}

/**
 * A TCP port that came as text or number.
 * @throws InvalidArgumentError (302) naming argument and value
 */
export function parsePort(value: string | number, argument: string): number {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value.trim()) ? Number(value) : value
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw clusterError('invalidParameter', {
      detail: `${argument} is ${JSON.stringify(value)}, it must be a port from 1 to 65535`,
      details: { argument, value },
    })
  }
  return port
}

/** Whether `host` is an address or a name, nothing that could end up as another part of an endpoint. */
export const isHost = (host: string): boolean => NAME_PATTERN.test(host) || /^[0-9A-Fa-f:.]+$/.test(host)
