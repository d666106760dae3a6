import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Rig, type RigBoard, startOwnedRig } from '@aicluster/rig'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { World } from '../worlds/world'
import { containersOn, contentOf, registeredFiles, timed, untilServing, untilState } from './board-facts'
import { boardEntry, dockerConfig, rigMissing, startRigWorld } from './rig-world'

const SETUP_LIMIT_MS = 120_000
const LIMIT_MS = 90_000
/** Room for the image once, unpacked and on its way. */
const DISK_MB = 700
/** Less than the image needs. */
const LITTLE_MB = 120
const FILE_BYTES = 20_000_000
/** A full disk is told as soon as it is met: an upload and what it takes to clear away. */
const TOLD_MS = 20_000

describeUnless(rigMissing, 'a board whose disk is full', () => {
  let rig: Rig
  let board: RigBoard
  let world: World
  const folder = mkdtempSync(join(tmpdir(), 'aicr-'))

  beforeAll(async () => {
    rig = await startOwnedRig(1, { diskMb: DISK_MB })
    board = rig.board(1)
    const small = { ...boardEntry(board), name: 'small', identity_file: rig.identityFile, known_hosts: rig.knownHostsFile }
    world = await startRigWorld({ boards: [], listen: { host: rig.managerAddress }, config: { boards: [small] } })
    await untilState(world, 'small', 'up')
  }, SETUP_LIMIT_MS)
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]()
    await rig?.down()
    rmSync(folder, { recursive: true })
  }, SETUP_LIMIT_MS)

  /** Leave so many MB free. */
  async function fill(leftMb: number): Promise<void> {
    const { stdout } = await board.exec(['df', '--block-size=1M', '--output=avail', '/root'])
    const free = Number(stdout.trim().split('\n').at(-1))
    await board.exec(['fallocate', '--length', `${free - leftMb}M`, '/root/filler'])
  }
  /** What is registered; a program that was started again has another token. */
  const registered = () => registeredFiles(world).map((file) => file.replace(/("token_sha256": )"[^"]+"/g, '$1"..."'))
  const makeRoom = () => board.exec(['rm', '/root/filler'])

  it(
    'while an image comes: 500 that says so, nothing of it is left, and with room it goes',
    async () => {
      await fill(LITTLE_MB)
      const before = await contentOf(board)
      const config = await dockerConfig('echo', 'echo')

      const { error, tookMs } = await timed(world.cluster.loadInference(config, 'small'))
      const [probe] = await world.cluster.checkBoards()

      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "small": load image .*the disk is full/) })
      expect(tookMs).toBeLessThan(TOLD_MS)
      expect(world.inferenceFiles).toEqual([])
      expect(await containersOn(board)).toEqual({})
      expect(await contentOf(board)).toEqual(before)
      expect(probe?.problems).toMatchObject([
        { what: expect.stringMatching(/disk is nearly full: \d+ MB free/), cure: expect.stringContaining('make room') },
      ])

      await makeRoom()
      await world.cluster.loadInference(config, 'small')
      await expect(world.cluster.infer('echo', Uint8Array.of(1))).resolves.toBeDefined()
    },
    LIMIT_MS,
  )

  it(
    'while files are put: 500 that says so, what was there stays and serves, and with room it goes',
    async () => {
      await fill(FILE_BYTES / 2_000_000)
      const before = { content: await contentOf(board), containers: await containersOn(board), files: registeredFiles(world) }
      const big = join(folder, 'big')
      writeFileSync(big, randomBytes(FILE_BYTES))

      const { error, tookMs } = await timed(world.cluster.putFile('echo', { other: big }))

      expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/board "small": .*the disk is full/) })
      expect(tookMs).toBeLessThan(TOLD_MS)
      expect({ content: await contentOf(board), containers: await containersOn(board), files: registeredFiles(world) }).toEqual(before)
      await expect(world.cluster.infer('echo', Uint8Array.of(1))).resolves.toBeDefined()

      await makeRoom()
      await world.cluster.putFile('echo', { other: big })
      expect((await contentOf(board)).filter((line) => /^\/.*\/app\/big$/.test(line))).toHaveLength(1)
    },
    LIMIT_MS,
  )

  it(
    'to the last byte: the board stays up, its container serves, and is told apart from one that cannot be reached',
    async () => {
      await fill(0)
      await board.exec(['dd', 'if=/dev/zero', 'of=/root/.last', 'bs=4k'])
      const present = async () => ({ content: await contentOf(board), containers: await containersOn(board), files: registered() })
      const before = await present()
      const reload = await timed(world.cluster.reloadInference('echo'))

      expect(reload.error).toMatchObject({ code: 500, message: expect.stringMatching(/board "small": .*the disk is full/) })
      expect(reload.tookMs).toBeLessThan(TOLD_MS)
      await untilServing(world, 'echo')
      expect(await present()).toEqual(before)
      await expect(world.cluster.infer('echo', Uint8Array.of(1))).resolves.toBeDefined()
      await board.exec(['rm', '/root/.last'])
      await makeRoom()
      await world.cluster.reloadInference('echo')
      await world.settle()
      expect(await containersOn(board)).toEqual({})
    },
    LIMIT_MS,
  )
})
