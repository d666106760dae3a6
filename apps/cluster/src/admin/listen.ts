import { readFileSync } from 'node:fs'
import { type ClusterConfig, DEFAULT_ADMIN_PORT } from '../config/cluster-config'
import { portHolder } from '../port-holder'
import { readJsonFile, writeJsonFile } from '../registry/json-file'
import type { AdminServer } from './admin-server'

/** What `admin-port.json` in the state folder holds. */
interface KeptPort {
  port?: number
}

/**
 * Bind the admin server as configured.
 * @param keptPath - where a port that the system chose is kept for later starts, so that whoever watches finds it again
 * @returns its address: `http://127.0.0.1:47104`
 * @throws Error that says what is in the way: a configured port that is in use, or may not be bound, and by whom
 */
export async function listenAdmin(server: AdminServer, config: ClusterConfig['admin'], keptPath: string): Promise<string> {
  const { host, port: wanted } = config
  if (typeof wanted === 'number' && wanted !== 0) return address(host, await bind(server, host, wanted))
  const kept = ((await readJsonFile(keptPath)) as KeptPort | undefined)?.port
  // The kept one comes first, or whoever watches would lose it as soon as the other one is free.
  for (const port of [kept, wanted === 'auto' ? DEFAULT_ADMIN_PORT : undefined]) {
    if (port === undefined) continue
    try {
      return address(host, await server.listen(host, port))
    } catch (error) {
      if (!['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  const chosen = await bind(server, host, 0)
  await writeJsonFile(keptPath, { port: chosen } satisfies KeptPort)
  return address(host, chosen)
}

async function bind(server: AdminServer, host: string, port: number): Promise<number> {
  try {
    return await server.listen(host, port)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE') throw new Error(`admin.port ${port} (admin.host ${host}) cannot be bound: ${message}`, { cause })
    const holder = portHolder(port, (path) => readFileSync(path, 'utf8'))
    throw new Error(
      `port ${port} (admin.port) on ${host} is in use${holder ? ` by ${holder}` : ''}: stop that program, set another port in the cluster's configuration, or leave the key out: then a free one is chosen`,
      { cause },
    )
  }
}

const address = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`
