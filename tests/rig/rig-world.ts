import { fileURLToPath } from 'node:url'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { type ImageFile, nodeImage, Rig, type RigBoard } from '@aicluster/rig'
import { inject } from 'vitest'
import type { ProgramName } from '../worlds/programs'
import { startWorld, type World, type WorldOptions } from '../worlds/world'

const PROGRAMS = fileURLToPath(new URL('../worlds/programs', import.meta.url))
const shared = inject('sharedRigs')

/** Why this machine has no rig: for `describeUnless`. */
export const rigMissing = 'missing' in shared ? shared.missing : undefined

/** The rig of this worker, which no other file uses meanwhile; its boards are 1, 2 and 3. Ask {@link rigMissing} first. */
export function sharedRig(): Rig {
  if ('missing' in shared) throw new Error(shared.missing)
  const { subnets } = shared
  const worker = Number(process.env.VITEST_POOL_ID)
  return new Rig({ subnet: subnets[(worker - 1) % subnets.length] as string })
}

export interface RigWorldOptions extends Omit<WorldOptions, 'transport'> {
  /** Numbers of the rig's boards that are in `cluster.yaml`, as `board1`, `board2`, … Default: all. */
  boards?: number[]
  /** Further keys of each board's entry, or other values. */
  boardKeys?: Record<string, unknown>
  /** Further keys of `listen`, or other values. */
  listen?: Record<string, unknown>
}

/** A board's entry in `cluster.yaml`. */
export function boardEntry({ hostname, address }: RigBoard): Record<string, unknown> {
  const { identityFile, knownHostsFile } = sharedRig()
  return { name: hostname, driver: 'ssh', address, user: 'root', identity_file: identityFile, known_hosts: knownHostsFile }
}

/**
 * A manager with a state folder of its own on the shared rig, and an application. Its boards are as new: power, link, Engine and sshd
 * in order, no container; images stay, for they take long.
 */
export async function startRigWorld({ boards, boardKeys = {}, listen = {}, config = {}, ...more }: RigWorldOptions = {}): Promise<World> {
  const rig = sharedRig()
  const chosen = rig.boards().filter(({ number }) => boards?.includes(number) ?? true)
  await Promise.all(chosen.map((board) => board.restore()))
  const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
  const ours = {
    listen: { transport: 'tcp', host: rig.managerAddress, ...ports, insecure: true, ...listen },
    boards: chosen.map((board) => ({ ...boardEntry(board), ...boardKeys })),
    // Images, programs and what tests make themselves.
    file_roots: ['/'],
  }
  return startWorld({ ...more, transport: 'tcp', config: { ...ours, ...config } })
}

/** The image that {@link dockerConfig} names: Node and `@aicluster/container-sdk`. Made once, then found again. */
export const worldImage = (): Promise<ImageFile> => nodeImage()

/** A config that runs one of our programs (`worlds/programs`) in a container. */
export async function dockerConfig(program: ProgramName, name: string, more: Partial<ContainerConfig> = {}): Promise<ContainerConfig> {
  const { file, tag } = await worldImage()
  const at = file.lastIndexOf('/')
  return {
    name,
    implementationType: 'docker',
    imagePath: file.slice(0, at),
    imageFilename: file.slice(at + 1),
    imageTag: tag,
    scriptPath: PROGRAMS,
    inferenceModules: { subInferenceName: '', script: ['lib.mjs', `${program}.mjs`] },
    runCommand: ['node', `${program}.mjs`],
    startTimeout: 20_000,
    ...more,
  }
}
