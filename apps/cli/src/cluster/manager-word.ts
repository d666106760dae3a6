import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a running manager tells of itself in its state folder. */
export interface ManagerWord {
  pid: number
  /** `ipc://FOLDER`, or the host of the TCP ports. */
  address: string
  ports?: Record<string, number>
  /** Where health and metrics are; left out: switched off. */
  admin?: string
}

/** What the manager of this state folder has left there; undefined when none runs. Its token stays out. */
export async function managerWord(stateFolder: string): Promise<ManagerWord | undefined> {
  try {
    return wordOf(JSON.parse(await readFile(join(stateFolder, 'manager.json'), 'utf8')) as ManagerWord)
  } catch {
    return undefined
  }
}

/** What is meant for us, out of all that a manager tells. */
export const wordOf = ({ pid, address, ports, admin }: ManagerWord): ManagerWord => ({
  pid,
  address,
  ...(ports ? { ports } : {}),
  ...(admin ? { admin } : {}),
})

/** `ipc:///folder`, or `127.0.0.1:47100:47101`, as `--endpoint` takes it. */
export const endpointOf = ({ address, ports }: Pick<ManagerWord, 'address' | 'ports'>): string =>
  ports ? `${address.includes(':') ? `[${address}]` : address}:${ports.inference}:${ports.management}` : address

/** Whether a process of this number is there. One that has ended and whose parent has not asked for its end yet is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** Told by Linux alone. In a Docker container without an init, orphans stay like this for good. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}
