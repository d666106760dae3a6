import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeImage, type RigBoard } from '@aicluster/rig'
import { tempFolder } from '@aicluster/testing'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { it } from 'vitest'
import { runGuide } from '../guides/run-guide'
import { linkWorkspacePackages } from '../guides/workspace-packages'
import { rigMissing, sharedRig } from './rig-world'

const GUIDE_LIMIT_MS = 180_000
/** Who is in the docker group there, and no more. */
const USER = 'board'

describeUnless(rigMissing, 'the guide about boards, followed word by word', () => {
  it(
    'takes its reader from a bare board to a running inference, and back',
    async () => {
      const [board, other] = [sharedRig().board(1), sharedRig().board(2)]
      await Promise.all([board.restore(), other.restore()])
      await using folder = await tempFolder()
      linkWorkspacePackages(folder.path)
      const home = join(folder.path, 'home')
      mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
      sshOfTheReader(join(folder.path, 'bin'))
      const { file } = await nodeImage({ tag: 'shout:1' }, { gzip: true })
      await runGuide('boards.md', folder.path, {
        replaced: [
          ['me@10.0.0.12', `${USER}@${board.address}`],
          ['user: me', `user: ${USER}`],
          ['10.0.0.12', board.address],
          ['10.0.0.1', sharedRig().managerAddress],
        ],
        env: { HOME: home, PATH: `${folder.path}/bin:${process.env.PATH}`, SSH_AUTH_SOCK: undefined },
        before: async (line) => {
          // What `docker build` and `docker save` would have made: no registry has the base here.
          if (line.includes('load shout.yaml')) copyFileSync(file, join(folder.path, 'shout-1.tar.gz'))
          if (line.includes('boards trust')) installAnew(folder.path, other)
        },
      })
    },
    GUIDE_LIMIT_MS,
  )
})

/**
 * `ssh` as the reader has it: it knows the boards, and where no key is asked for it lets the reader in, who would type the password that
 * boards of the rig do not have. ssh-copy-id asks for one key only when it looks whether that is there already.
 */
function sshOfTheReader(folder: string): void {
  const { identityFile, knownHostsFile } = sharedRig()
  mkdirSync(folder)
  const program = `#!/bin/sh
case "$*" in *IdentitiesOnly=yes*) ;; *) set -- -i ${identityFile} "$@" ;; esac
exec /usr/bin/ssh -F none -o UserKnownHostsFile=${knownHostsFile} "$@"
`
  writeFileSync(join(folder, 'ssh'), program, { mode: 0o755 })
}

/** What a board looks like that shows another host key than before. */
function installAnew(folder: string, other: RigBoard): void {
  const known = join(folder, 's/known_hosts')
  writeFileSync(known, readFileSync(known, 'utf8').replace(/ssh-ed25519 \S+/, other.hostKey))
}
