import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CliWorld, PROGRAM } from './aicluster'
import { missingForTerminals, Terminal } from './terminal'

/** How each shell is started without anybody's own settings, and told of the completion. */
const SHELLS = {
  bash: { command: ['bash', '--norc', '--noprofile', '-i'], setUp: "PS1='> '; source <(aicluster completion bash)" },
  zsh: { command: ['zsh', '-f', '-i'], setUp: "PS1='> '; autoload -U compinit; compinit -u -D; source <(aicluster completion zsh)" },
  fish: {
    command: ['fish', '--no-config', '-i'],
    setUp: "function fish_prompt; echo -n '> '; end; aicluster completion fish | source",
  },
} as const

const CTRL_U = '\u0015'

const missing = (shell: string): string | undefined =>
  missingForTerminals() ?? (spawnSync(shell, ['-c', 'true']).status === 0 ? undefined : `${shell} is not installed`)

let world: CliWorld
let env: NodeJS.ProcessEnv
beforeAll(async () => {
  world = await CliWorld.open()
  const programs = join(world.folder, 'bin')
  mkdirSync(programs)
  const program = join(programs, 'aicluster')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
  chmodSync(program, 0o755)
  world.file('digits.yaml', '')
  env = { ...process.env, PATH: `${programs}:${process.env.PATH}`, AICLUSTER_STATE: world.state, HOME: world.folder, XDG_CONFIG_HOME: '' }
  await world.run(['up', '--detach'])
  await world.run(['load', '--name', 'loop', '--type', 'Loop', '--board', 'board2'])
})
afterAll(() => world[Symbol.asyncDispose]())

describe.each(Object.entries(SHELLS))('completion in %s', (shell, { command, setUp }) => {
  describeUnless(missing(shell), 'completes', () => {
    let terminal: Terminal
    beforeAll(async () => {
      terminal = new Terminal(command, { cwd: world.folder, env })
      terminal.type(`${setUp}; clear; echo re''ady\n`)
      await terminal.shows(/^ready\n> ?$/m)
    })
    afterAll(() => terminal.kill())

    /** Type, press Tab, see what it becomes, wipe it out. */
    async function becomes(typed: string, expected: RegExp): Promise<void> {
      terminal.type(`${typed}\t`)
      await terminal.shows(expected)
      terminal.type(CTRL_U)
      await terminal.shows(/> *$/)
    }

    it('a command', () => becomes('aicluster unl', /> aicluster unload ?$/))
    it('a command below a command', () => becomes('aicluster completion fi', /> aicluster completion fish ?$/))
    it('an option', () => becomes('aicluster unload --dr', /> aicluster unload --drain ?$/))
    it('a value out of a few', () => becomes('aicluster load --type L', /> aicluster load --type Loop ?$/))
    it('an inference', () => becomes('aicluster unload lo', /> aicluster unload loop ?$/))
    it('a board', () => becomes('aicluster unload --board board2', /> aicluster unload --board board2 ?$/))
    it('a board that is written onto its option', () => becomes('aicluster unload --board=b', /> aicluster unload --board=board/))
    it('a file', () => becomes('aicluster load dig', /> aicluster load digits\.yaml ?$/))
    it('a name of another cluster, of which there is none, by nothing', async () => {
      terminal.type('aicluster --state /nowhere unload lo\t#')
      await terminal.shows(/> aicluster --state \/nowhere unload lo#$/)
    })
  })
})

it('is silent, and soon done, when no cluster answers', async () => {
  const { exitCode, stdout, stderr } = await world.run(['--state', '/nowhere', '__complete', '--', 'unload', ''])
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})
