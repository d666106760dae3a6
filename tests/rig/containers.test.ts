import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ContainerConfig } from '@aicluster/host-sdk'
import { corruptImage, type RigBoard, tinyImage } from '@aicluster/rig'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import type { World } from '../worlds/world'
import { inContainer, inspect, refusalOf } from './on-board'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const LIMIT_MS = 120_000
/** What is refused before anything is changed needs a few words with the board, in ms. */
const REFUSED_WITHIN_MS = 8_000
/** What fails at its start, with its image there: until its program has ended, by itself or when its time to stop is over. */
const FAILED_WITHIN_MS = 12_000
const PROGRAMS = fileURLToPath(new URL('../worlds/programs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'aicr-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const imageKeys = (file: string): Partial<ContainerConfig> => ({
  imagePath: dirname(file),
  imageFilename: basename(file),
  imageTag: null,
})

/** In one order: an Engine lists those of one age in any. */
async function imagesOn(board: RigBoard): Promise<string> {
  const { stdout } = await board.exec(['docker', 'images', '--all', '--quiet', '--no-trunc'])
  return stdout.split('\n').sort().join('\n')
}

/** What is on a board's disk and Engine of our containers, and its images. */
async function leftOn(number: number): Promise<string> {
  const board = sharedRig().board(number)
  const containers = await board.exec(['docker', 'ps', '--all', '--quiet'])
  return (
    containers.stdout +
    (await imagesOn(board)) +
    (await board.exec(['find', '/root/.aicluster', '-path', '*/containers/*', '-maxdepth', '3'])).stdout
  )
}

describeUnless(rigMissing, 'a container on a board over SSH that cannot be', () => {
  // One for all of them: each leaves it as it was, which is what they are about.
  let world: World
  let before: string
  beforeAll(async () => {
    world = await startRigWorld({ boards: [1] })
    await eventually('the board', async () => (await world.cluster.getCoprocessorHandler())[0]?.state === 'up', 20_000)
    // The image is there from now on: no upload is waited for.
    await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board1')
    await world.cluster.unloadInference({ deleteImage: false })
    before = await leftOn(1)
  }, LIMIT_MS)
  afterAll(() => world[Symbol.asyncDispose]())

  it.each<[string, () => Promise<Partial<ContainerConfig>>, number, RegExp]>([
    [
      'exits at its start',
      async () => ({ runCommand: ['sh', '-c', 'echo no model >&2; exit 3'] }),
      311,
      /exited with code 3 before it was ready; it printed last:\nno model/,
    ],
    [
      'uses more memory than it may',
      async () => ({ runCommand: ['sh', '-c', 'x=x; while true; do x=$x$x; done'], runOption: '-m 32m --memory-swap 32m' }),
      311,
      /used more memory than it may/,
    ],
    [
      'names a program that is not there',
      async () => ({ runCommand: ['/no/such/program'] }),
      311,
      /the Engine says: .*\/no\/such\/program/,
    ],
    [
      'never connects',
      async () => ({ runCommand: ['sleep', '1000'], startTimeout: 500 }),
      311,
      /did not connect and become ready within 500 ms/,
    ],
    [
      'names a tag that is not there',
      async () => ({ imagePath: null, imageFilename: null, imageTag: 'no/such:1' }),
      302,
      /board "board1".*"no\/such:1" is not on this board/,
    ],
    [
      'is for another machine',
      async () => imageKeys((await tinyImage({ architecture: 's390x' })).file),
      302,
      /is for s390x, and this board is/,
    ],
    [
      'has an image that breaks off',
      async () => imageKeys(await corruptImage(await tinyImage(), join(folder, 'cut.tar'), 'cut')),
      302,
      /is damaged/,
    ],
    [
      'wants a GPU where there is none',
      async () => ({ implementationType: 'nvidia' as const }),
      302,
      /board "board1".*gives none to containers: its Engine has the runtimes/,
    ],
    [
      'wants a GPU by an option where there is none',
      async () => ({ runOption: '--gpus all' }),
      302,
      /board "board1".*run_option.*"--gpus all".*gives none to containers/,
    ],
    [
      'wants a runtime that is not there',
      async () => ({ runOption: '--runtime nvidia' }),
      302,
      /the runtime "nvidia", which this board has not got: its Engine has the runtimes .*runc/,
    ],
    ['has an option that is not supported', async () => ({ runOption: '--link a:b' }), 302, /has --link, which is not supported/],
    [
      'has an option that is forbidden here',
      async () => ({ runOption: '--privileged' }),
      302,
      /has --privileged.*allowed_run_options: \[--privileged\]/,
    ],
  ])(
    'as it %s, is refused with the reason, and nothing of it stays',
    async (_, keys, code, message) => {
      const config = await dockerConfig('echo', 'echo', await keys())
      const refusal = await refusalOf(world.cluster.loadInference(config, 'board1'))
      expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(refusal.message).toContain('board1')
      expect(refusal.tookMs).toBeLessThan(code === 302 ? REFUSED_WITHIN_MS : FAILED_WITHIN_MS)
      expect(await leftOn(1)).toBe(before)
      expect(world.inferenceFiles).toEqual([])
      expect(await world.cluster.getContainerHandler()).toEqual([])
    },
    LIMIT_MS,
  )
})

describeUnless(rigMissing, 'a container on a board over SSH', () => {
  it(
    'with names full of quotes, newlines and $(…) gets its files and tells of itself, and the user in the docker group gets rid of them',
    async () => {
      await using world = await startRigWorld({ boards: [1], boardKeys: { user: 'board', allowed_run_options: ['--volume'] } })
      const nasty = 'a \'b" $(touch owned)\n`id`; *'
      const put = `put ${nasty}`
      const deep = join(folder, 'deep', nasty)
      const scripts = join(folder, `scripts ${nasty}`)
      mkdirSync(deep, { recursive: true })
      mkdirSync(scripts)
      for (const file of ['lib.mjs', 'echo.mjs']) copyFileSync(join(PROGRAMS, file), join(scripts, file))
      for (const path of [join(folder, nasty), join(folder, put), join(deep, nasty), join(scripts, nasty)]) writeFileSync(path, 'content')
      const config = await dockerConfig('echo', 'echo', {
        scriptPath: scripts,
        runCommand: ['node', 'echo.mjs', nasty],
        copy: [
          { To: 'sub/', From: join(folder, nasty) },
          { To: `${nasty}-2`, From: join(folder, 'deep') },
          { To: '/etc/cop/', From: join(folder, nasty) },
          { To: `/etc/${nasty}`, From: join(folder, 'deep') },
        ],
        env: { NASTY: nasty },
        runOption: '--volume /etc/hostname:/board:ro -p 8080:80 --memory 512m',
      })
      await world.cluster.loadInference(config, 'board1')
      const [status] = await world.cluster.getContainerStatus('echo')
      expect(status).toMatchObject({
        status: 'running',
        ports: '0.0.0.0:8080->80/tcp',
        connectStatus: 'connected',
        netIo: expect.stringMatching(/ \/ /),
      })
      expect(status?.memUsage).toMatch(/ \/ 512MiB$/)
      const board = sharedRig().board(1)
      await world.cluster.putFile('echo', { other: join(folder, put) })
      const app = '/opt/aicluster/app'
      const names = [nasty, put, `sub/${nasty}`, `${nasty}-2/${nasty}/${nasty}`].map((name) => `${app}/${name}`)
      for (const path of [...names, `/etc/cop/${nasty}`, `/etc/${nasty}/${nasty}/${nasty}`]) {
        expect(await inContainer(board, 'echo-board1', 'cat', path)).toBe('content')
      }
      const { Config } = await inspect(board, 'echo-board1')
      expect(Config.Env).toContain(`NASTY=${nasty}`)
      expect(Config.Cmd).toEqual(['node', 'echo.mjs', nasty])
      const leaveFiles = () =>
        inContainer(board, 'echo-board1', 'sh', '-c', `mkdir -p ${app}/of-root/inner && touch ${app}/of-root/inner/file`)
      await leaveFiles()
      await world.cluster.reloadInference('echo')
      expect(await inContainer(board, 'echo-board1', 'cat', `${app}/${put}`)).toBe('content')
      expect((await board.exec(['find', '/root', '/home/board', '-name', 'owned'])).stdout).toBe('')
      expect(await inContainer(board, 'echo-board1', 'find', '/opt', '/etc', '-name', 'owned')).toBe('')
      await leaveFiles()
      const images = await imagesOn(board)
      await world.cluster.unloadInference({ deleteImage: false })
      expect((await board.exec(['find', '/home/board/.aicluster', '-path', '*/containers/*'])).stdout).toBe('')
      expect((await board.exec(['docker', 'ps', '--all', '--quiet'])).stdout).toBe('')
      expect(await imagesOn(board)).toBe(images)
      await world.settle()
    },
    LIMIT_MS,
  )
})
