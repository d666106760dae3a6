import { fileURLToPath } from 'node:url'
import type { ContainerConfig } from '@aicluster/host-sdk'

/** The container programs in `programs/`; each says in its first lines what it does. */
export type ProgramName =
  | 'echo'
  | 'reader'
  | 'talker'
  | 'gated'
  | 'slow'
  | 'crash'
  | 'silent'
  | 'noisy'
  | 'throws'
  | 'stubborn'
  | 'source'
  | 'batcher'
  | 'parts'

/** The command line of a program. */
export const commandOf = (program: ProgramName, ...args: string[]): string[] => [
  process.execPath,
  fileURLToPath(new URL(`./programs/${program}.mjs`, import.meta.url)),
  ...args,
]

/** The command line of one program on `board1`, and of another one on every other board. */
export const commandByBoard = (onFirst: ProgramName, onOthers: ProgramName): string[] => {
  const [node = '', first = ''] = commandOf(onFirst)
  const [, other = ''] = commandOf(onOthers)
  return ['sh', '-c', 'case "$AICLUSTER_BOARD" in board1) exec "$0" "$1";; *) exec "$0" "$2";; esac', node, first, other]
}

/** A config that runs a program as a plain process under the inference name `name`. */
export const runs = (program: ProgramName, name: string, more: Partial<ContainerConfig> = {}): ContainerConfig => ({
  name,
  implementationType: 'other',
  runCommand: commandOf(program),
  startTimeout: 10_000,
  ...more,
})
