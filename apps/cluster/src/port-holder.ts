import { readdirSync, readlinkSync } from 'node:fs'

const LISTENING = '0A'

/**
 * Who listens on a TCP port of this machine, as far as Linux tells us: `node (pid 42)`.
 * Undefined elsewhere, and for processes of other users.
 *
 * @param read - reads a file of /proc
 */
export function portHolder(port: number, read: (path: string) => string): string | undefined {
  const inodes = new Set([...listeningInodes('/proc/net/tcp', port, read), ...listeningInodes('/proc/net/tcp6', port, read)])
  if (inodes.size === 0) return undefined
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    for (const fd of entries(`/proc/${pid}/fd`)) {
      if (!inodes.has(linkTarget(`/proc/${pid}/fd/${fd}`))) continue
      return `${attempt(() => read(`/proc/${pid}/comm`).trim()) ?? 'a process'} (pid ${pid})`
    }
  }
  return undefined
}

function listeningInodes(table: string, port: number, read: (path: string) => string): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = (attempt(() => read(table)) ?? '').split('\n').slice(1)
  return lines.flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
    return local?.endsWith(suffix) && state === LISTENING ? [`socket:[${inode}]`] : []
  })
}

const entries = (folder: string): string[] => attempt(() => readdirSync(folder)) ?? []
const linkTarget = (path: string): string => attempt(() => readlinkSync(path)) ?? ''

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
