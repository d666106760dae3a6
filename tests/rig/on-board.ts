import { fileURLToPath } from 'node:url'
import type { RigBoard } from '@aicluster/rig'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'

/** Container programs that only these tests need. */
export const RIG_PROGRAMS = fileURLToPath(new URL('programs', import.meta.url))

/** What the Engine of a board says of a container of ours. */
export interface Inspected {
  Id: string
  /** Id of its image. */
  Image: string
  Created: string
  RestartCount: number
  Config: { Env: string[]; Labels: Record<string, string>; User: string; Cmd: string[] }
  State: { Pid: number; StartedAt: string; Running: boolean; OOMKilled: boolean }
}

/** @param container - its suffix name */
export async function inspect(board: RigBoard, container: string): Promise<Inspected> {
  const { stdout, stderr } = await board.exec(['docker', 'inspect', `aicluster-${container}`])
  const [found] = JSON.parse(stdout) as Inspected[]
  if (!found) throw new Error(stderr)
  return found
}

/** Run a program in a container of ours; what it printed to stdout. @throws Error with what it printed where it fails */
export async function inContainer(board: RigBoard, container: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await board.exec(['docker', 'exec', `aicluster-${container}`, ...words])
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`)
  return stdout
}

/** Names of all containers on a board's Engine, ours and others', in order. */
export async function containerNames(board: RigBoard): Promise<string[]> {
  const { stdout } = await board.exec(['docker', 'ps', '--all', '--format', '{{.Names}}'])
  return stdout.split('\n').filter(Boolean).sort()
}

/** Bytes that have come to a board over its network. */
export async function receivedBytes(board: RigBoard): Promise<number> {
  const { stdout } = await board.exec(['cat', '/proc/net/dev'])
  return Number(/eth0:\s*(\d+)/.exec(stdout)?.[1])
}

/** Wait until the boards of a world can be used. */
export const untilUp = (world: World): Promise<unknown> =>
  eventually('the boards', async () => (await world.cluster.getCoprocessorHandler()).every(({ state }) => state === 'up'), 20_000)

/** What a promise rejects with, and after how many ms. */
export async function refusalOf(work: Promise<unknown>): Promise<{ code: number; message: string; tookMs: number }> {
  const startedAt = performance.now()
  const error = await work.then(
    () => ({ code: 0, message: 'it was not refused' }),
    (reason) => reason as { code: number; message: string },
  )
  return { code: error.code, message: error.message, tookMs: performance.now() - startedAt }
}
