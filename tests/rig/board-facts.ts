import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RigBoard } from '@aicluster/rig'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'

const BACK_MS = 20_000

/** A board as the manager sees it. */
export const boardOf = async (world: World, name: string) =>
  (await world.cluster.getCoprocessorHandler()).find((board) => board.name === name)

export const untilState = (world: World, name: string, state: 'up' | 'down', limitMs = BACK_MS) =>
  eventually(`${name} to be ${state}`, async () => (await boardOf(world, name))?.state === state, limitMs)

/** Wait until every container of an inference runs and is connected. */
export const untilServing = (world: World, name: string, limitMs = BACK_MS) =>
  eventually(
    `every container of ${name}`,
    async () =>
      (await world.cluster.getContainerStatus(name)).every(
        ({ status, connectStatus }) => status === 'running' && connectStatus === 'connected',
      ),
    limitMs,
  )

/** Engine's ids of our containers on a board, by name: another id is another container. */
export async function containersOn(board: RigBoard): Promise<Record<string, string>> {
  const { stdout } = await board.exec(['docker', 'ps', '-a', '--no-trunc', '--format', '{{.Names}} {{.ID}}'])
  return Object.fromEntries(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ') as [string, string]),
  )
}

/** When the Engine started a container last. */
export const startsOf = async (board: RigBoard, container: string): Promise<string> =>
  (await board.exec(['docker', 'inspect', '--format', '{{.State.StartedAt}}', container])).stdout.trim()

/** With the bytes of the programs: a name alone does not tell that a file was replaced. */
const SUM_PROGRAMS = 'find /root/.aicluster /home/board/.aicluster -path "*/containers/*/app/*" -type f -exec sha256sum {} +'

/** Everything below our folder on a board, and what the Engine has: images, and files that an upload leaves while it lasts. */
export async function contentOf(board: RigBoard): Promise<string[]> {
  const listings = await Promise.all([
    board.exec(['find', '/root/.aicluster', '/home/board/.aicluster', '-mindepth', '1', '-not', '-name', 'owner.json']),
    board.exec(['sh', '-c', SUM_PROGRAMS]),
    board.exec(['docker', 'images', '--all', '--no-trunc', '--format', 'image {{.Repository}}:{{.Tag}} {{.ID}}']),
    board.exec(['find', '/var/lib/docker/tmp', '/var/lib/docker/image/overlay2/layerdb/sha256', '-mindepth', '1', '-maxdepth', '1']),
  ])
  return listings.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== '')).sort()
}

/** What a command failed with (code 0: it did not), and after how many ms. */
export async function timed(work: Promise<unknown>): Promise<{ error: { code: number; message: string }; tookMs: number }> {
  const startedAt = performance.now()
  const error = await work.then(
    () => ({ code: 0, message: '' }),
    (reason) => reason,
  )
  return { error, tookMs: performance.now() - startedAt }
}

/** What is registered, as it stands in the cluster's files. */
export const registeredFiles = (world: World): string[] =>
  world.inferenceFiles.map((file) => `${file} ${readFileSync(join(world.stateFolder, 'inferences', file), 'utf8')}`)
