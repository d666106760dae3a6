import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { chmod, symlink } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join, relative } from 'node:path'
import { type ClusterSocket, ipcEndpoint, tcpEndpoint } from '@aicluster/transport'
import type { ClusterConfig } from './config/cluster-config'
import { usesCurve } from './config/listen-config'
import type { DataPlane } from './data-plane/data-plane'
import { portHolder } from './port-holder'
import { readJsonFile, writeJsonFile } from './registry/json-file'
import { containerSockets } from './registry/socket-folder'
import type { StateFolder } from './registry/state-folder'

const SOCKETS: ClusterSocket[] = ['inference', 'management', 'sub', 'pub']

/** Where the sockets were bound last over TCP. */
export interface ListenAddress {
  host: string
  ports: Record<ClusterSocket, number>
  curve: boolean
}

/** Where the manager is, for clients and containers. `manager.json` holds it. */
export interface Endpoints {
  /** `ipc:///folder`, or the host of the TCP ports. */
  address: string
  ports?: Record<ClusterSocket, number>
}

/**
 * Bind the four sockets as configured.
 * @throws Error naming port and holder when a port is in use, or the address where it cannot be bound
 */
export async function bindSockets(dataPlane: DataPlane, config: ClusterConfig, state: StateFolder): Promise<Endpoints> {
  const { listen } = config
  if (listen.transport === 'ipc') {
    const folder = await state.socketFolder()
    for (const socket of ['inference', 'management'] as const) await dataPlane.bind(socket, ipcEndpoint(folder, socket))
    for (const socket of ['sub', 'pub'] as const) await bindForContainers(dataPlane, folder, socket)
    return { address: `ipc://${folder}` }
  }
  const kept = ((await readJsonFile(state.portsPath)) ?? {}) as Partial<Record<ClusterSocket, number>>
  const wanted: Record<ClusterSocket, number> = {
    inference: listen.inference_port,
    management: listen.management_port,
    sub: listen.sub_port,
    pub: listen.pub_port,
  }
  const ports = {} as Record<ClusterSocket, number>
  for (const socket of SOCKETS) {
    const port = wanted[socket] || kept[socket] || 0
    ports[socket] = await bindTcp(dataPlane, socket, listen.host, port)
  }
  await writeJsonFile(state.portsPath, ports)
  await writeJsonFile(state.addressPath, { host: listen.host, ports, curve: usesCurve(listen) } satisfies ListenAddress)
  return { address: reachable(listen.host), ports }
}

/** Found in the folder like the others; a container on this machine's Engine, whoever it runs as, sees no more than this and may connect. */
async function bindForContainers(dataPlane: DataPlane, folder: string, socket: 'sub' | 'pub'): Promise<void> {
  const place = containerSockets(folder)
  await dataPlane.bind(socket, ipcEndpoint(place, socket))
  await chmod(join(place, socket), 0o666)
  await symlink(join(relative(folder, place), socket), join(folder, socket))
}

/** Where programs of this machine find what is bound to every address. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)

async function bindTcp(dataPlane: DataPlane, socket: ClusterSocket, host: string, port: number): Promise<number> {
  try {
    const endpoint = await dataPlane.bind(socket, tcpEndpoint(host, port))
    return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') {
      throw new Error(
        `listen.host is ${JSON.stringify(host)} (--listen), port ${port} (listen.${socket}_port): ${await whyNot(host, code ?? message)}`,
        {
          cause,
        },
      )
    }
    const holder = portHolder(port, (path) => readFileSync(path, 'utf8'))
    throw new Error(
      `port ${port} (listen.${socket}_port) on ${host} is in use${holder ? ` by ${holder}` : ''}: stop that program, or set another port in the cluster's configuration`,
    )
  }
}

/** ZeroMQ tells the same of an address that is none, of another machine's and of a device: so we look ourselves. */
async function whyNot(host: string, error: string): Promise<string> {
  if (error === 'EACCES') return 'this user may not bind it: take a port above 1023'
  const addresses = new Set(Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)))
  const found = await lookup(host, { all: true }).catch(() => [])
  if (found.length === 0) return 'there is no such address or host name'
  if (found.some(({ address }) => addresses.has(address))) return `it cannot be bound (${error})`
  return `this machine does not have this address, it has ${[...addresses].join(', ')}`
}

/** The environment that tells a Connector where the manager is. */
export const connectorEnvironment = ({ address, ports }: Endpoints): Record<string, string> => ({
  AICLUSTER_HOST_IP: address,
  ...(ports ? { AICLUSTER_PUB_PORT: String(ports.pub), AICLUSTER_SUB_PORT: String(ports.sub) } : {}),
})
