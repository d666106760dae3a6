import { readdirSync, readFileSync } from 'node:fs'

/** A process of a world that runs as a container. */
export interface ContainerProcess {
  pid: number
  /** Its container, which outlives it: `echo-board1`. */
  container: string
  inference: string
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Whether a process runs. One that has ended and only waits for its parent to hear of it does not. */
function runs(pid: number): boolean {
  const stat = textOf(`/proc/${pid}/stat`)
  const state = stat.charAt(stat.lastIndexOf(')') + 2)
  return state !== '' && state !== 'Z' && state !== 'X'
}

/** Linux counts in so many ms. */
const TICK_MS = 10

/** How long a process has had a processor, in ms; 0 when it is gone. */
export function cpuMsOf(pid: number): number {
  const stat = textOf(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS
}

/** Every other process whose environment or arguments name the world's folder, with its environment. */
function inWorld(folder: string): { pid: number; environment: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), environment: textOf(`/proc/${name}/environ`), command: textOf(`/proc/${name}/cmdline`) }))
    .filter(({ pid, environment, command }) => (environment + command).includes(folder) && runs(pid))
}

/** Pids of every process of the world but this one. */
export const processesOf = (folder: string): number[] => inWorld(folder).map(({ pid }) => pid)

/** The world's container processes, by container name. Needs no manager. */
export function containersOf(folder: string): ContainerProcess[] {
  return inWorld(folder)
    .flatMap(({ pid, environment }) => {
      const container = /(?:^|\0)AICLUSTER_CONTAINER=([^\0]*)/.exec(environment)?.[1]
      const inference = /(?:^|\0)AICLUSTER_SUB_NAME=([^\0]*)/.exec(environment)?.[1]
      return container && inference ? [{ pid, container, inference }] : []
    })
    .sort((a, b) => (a.container < b.container ? -1 : 1))
}

/** Send a signal to a process that may be gone. @returns whether it was there */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
