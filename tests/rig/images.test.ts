import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ContainerConfig, ProgressEvent } from '@aicluster/host-sdk'
import { corruptImage, nodeImage, tinyImage } from '@aicluster/rig'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { World } from '../worlds/world'
import { containerNames, inspect, receivedBytes, refusalOf, untilUp } from './on-board'
import { dockerConfig, rigMissing, sharedRig, startRigWorld, worldImage } from './rig-world'

const LIMIT_MS = 120_000
const BODY = Uint8Array.of(1)
/** What is refused before anything is changed needs a few words with the board. */
const REFUSED_WITHIN_MS = 8_000
/** What ran ends, the new one ends by itself, and what ran starts again. */
const TAKEN_BACK_WITHIN_MS = 15_000
/** Everything that is said to a board when no image travels. */
const FEW_BYTES = 2_000_000
const SLOW_MBIT = 200

/** The bytes of one board's upload, as they were told, and when (ms). */
const uploadsOf = (events: readonly { at: number; event: ProgressEvent }[], board: string) =>
  events
    .filter(({ event }) => event.coprocessorName === board && event.phase === 'upload' && event.bytesDone !== undefined)
    .map(({ at, event: { bytesDone = 0, bytesTotal = 0 } }) => ({ at, bytesDone, bytesTotal }))

describeUnless(rigMissing, 'images of boards over SSH', () => {
  let world: World
  const imagesOn = async (board: string) => (await world.cluster.getCoprocessorImages()).find(({ name }) => name === board)?.images ?? []

  beforeAll(async () => {
    world = await startRigWorld({ boards: [1, 2] })
    await untilUp(world)
  }, LIMIT_MS)
  afterAll(() => world[Symbol.asyncDispose]())

  it(
    'travel to several boards side by side, told in bytes; once each, however many ask for them; and not again',
    async () => {
      const boards = [sharedRig().board(1), sharedRig().board(2)]
      const { file, tag, id } = await worldImage()
      const { size } = statSync(file)
      for (const board of boards) {
        await board.exec(['docker', 'rmi', '--force', tag])
        await board.rate(SLOW_MBIT)
      }
      const before = await Promise.all(boards.map(receivedBytes))
      const told: { at: number; event: ProgressEvent }[] = []
      const onProgress = (event: ProgressEvent) => told.push({ at: performance.now(), event })

      await Promise.all(
        ['first', 'second'].map(async (name) => world.cluster.loadInference(await dockerConfig('echo', name), 'all', { onProgress })),
      )

      const after = await Promise.all(boards.map(receivedBytes))
      const spans = boards.map(({ hostname }, index) => {
        const uploads = uploadsOf(told, hostname)
        expect(new Set(uploads.map(({ bytesTotal }) => bytesTotal))).toEqual(new Set([size]))
        expect(Math.max(...uploads.map(({ bytesDone }) => bytesDone))).toBe(size)
        expect(uploads.length).toBeGreaterThan(4)
        const travelled = (after[index] as number) - (before[index] as number)
        expect(travelled).toBeGreaterThan(size)
        expect(travelled).toBeLessThan(1.5 * size)
        return [(uploads[0] as { at: number }).at, (uploads.at(-1) as { at: number }).at] as const
      })
      expect(Math.max(...spans.map(([begin]) => begin))).toBeLessThan(Math.min(...spans.map(([, end]) => end)))

      told.length = 0
      await world.cluster.loadInference(await dockerConfig('echo', 'third'), 'all', { onProgress })

      expect(told.filter(({ event: { phase } }) => phase === 'upload' || phase === 'load')).toEqual([])
      for (const [index, board] of boards.entries()) {
        expect((await receivedBytes(board)) - (after[index] as number)).toBeLessThan(FEW_BYTES)
        await board.rate(undefined)
        const image = (await imagesOn(board.hostname)).find(({ tags }) => tags.includes(tag))
        expect(image).toMatchObject({ id, created: '1970-01-01T00:00:00.000Z' })
        expect(image?.size).toBeGreaterThan(size / 2)
      }
      await world.cluster.unloadInference({ deleteImage: false })
    },
    LIMIT_MS,
  )

  it.each<[string, () => Promise<Partial<ContainerConfig>>, number, RegExp]>([
    [
      'is not there',
      async () => ({ imagePath: '/nowhere', imageFilename: 'model.tar' }),
      301,
      /image_filename.*\/nowhere\/model\.tar.*does not exist/,
    ],
    ['is a folder', async () => ({ imagePath: '/', imageFilename: 'tmp' }), 301, /\/tmp.*is a folder, not a file/],
    [
      'is something else',
      async () => {
        const path = join(world.folder, 'notes.tar')
        writeFileSync(path, 'not an image\n'.repeat(1_000))
        return { imagePath: world.folder, imageFilename: 'notes.tar' }
      },
      302,
      /image_filename.*notes\.tar/,
    ],
    [
      'has other bytes than it says',
      async () => {
        const garbled = await corruptImage(
          await tinyImage({ label: 'garbled', tag: 'garbled:1' }),
          join(world.folder, 'garbled.tar'),
          'garbled',
        )
        return { imagePath: dirname(garbled), imageFilename: basename(garbled), imageTag: null }
      },
      302,
      /garbled\.tar.*is damaged/,
    ],
    ['has another tag', async () => ({ imageTag: 'no/such:1' }), 302, /image_tag.*"no\/such:1".*is not in .*it has aicluster-node:1/],
  ])(
    'whose tar %s: a replacement is refused, and what runs is not touched',
    async (_, keys, code, message) => {
      const board = sharedRig().board(1)
      if ((await world.cluster.getContainerHandler()).length === 0) {
        await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board1')
      }
      const before = await inspect(board, 'echo-board1')
      const images = (await imagesOn('board1')).map(({ id }) => id).sort()
      const record = readFileSync(join(world.stateFolder, 'inferences', 'echo.json'), 'utf8')
      const config = await dockerConfig('echo', 'echo', { forceUpdate: true, ...(await keys()) })

      const refusal = await refusalOf(world.cluster.loadInference(config, 'board1'))

      expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(refusal.tookMs).toBeLessThan(REFUSED_WITHIN_MS)
      expect(await containerNames(board)).toEqual(['aicluster-echo-board1'])
      expect((await inspect(board, 'echo-board1')).State).toEqual(before.State)
      expect((await imagesOn('board1')).map(({ id }) => id).sort()).toEqual(images)
      expect(readFileSync(join(world.stateFolder, 'inferences', 'echo.json'), 'utf8')).toBe(record)
      await expect(world.cluster.infer('echo', BODY)).resolves.toBeDefined()
    },
    LIMIT_MS,
  )

  it(
    'travel while what they replace still serves',
    async () => {
      const board = sharedRig().board(1)
      await world.cluster.loadInference(await dockerConfig('echo', 'served'), 'board1')
      const { file, tag, id } = await nodeImage({ tag: 'aicluster-later:1', environment: { RELEASE: '2' } })
      await board.exec(['docker', 'rmi', '--force', tag])
      const image = { imagePath: dirname(file), imageFilename: basename(file), imageTag: tag }
      const config = await dockerConfig('echo', 'served', { ...image, forceUpdate: true })
      await board.rate(SLOW_MBIT)
      let answered: Promise<number> | undefined
      let lastByteAt = 0
      const onProgress = ({ phase, bytesDone }: ProgressEvent) => {
        if (phase !== 'upload' || bytesDone === undefined) return
        lastByteAt = performance.now()
        answered ??= world.cluster.infer('served', BODY).then(() => performance.now())
      }

      await world.cluster.loadInference(config, 'board1', { onProgress })

      await board.rate(undefined)
      expect(await answered).toBeLessThan(lastByteAt)
      await expect(world.cluster.infer('served', BODY)).resolves.toBeDefined()
      expect((await inspect(board, 'served-board1')).Image).toBe(id)
      const { images } = await world.cluster.unloadInference({ inferenceName: 'served' })
      expect(images).toEqual([{ coprocessorName: 'board1', image: tag, deleted: true, reason: null }])
    },
    LIMIT_MS,
  )

  it(
    'a reload whose program does not start: what ran before runs again, the same container with its files',
    async () => {
      const board = sharedRig().board(1)
      await world.cluster.loadInference(await dockerConfig('echo', 'kept'), 'board1')
      const before = await inspect(board, 'kept-board1')
      const registered = () =>
        readFileSync(join(world.stateFolder, 'inferences', 'kept.json'), 'utf8').replace(/("token_sha256": )"[^"]+"/, '$1"..."')
      const record = registered()
      const broken = { runCommand: ['sh', '-c', 'echo the weights are gone >&2; exit 7'], forceUpdate: true }

      const refusal = await refusalOf(world.cluster.loadInference(await dockerConfig('echo', 'kept', broken), 'board1'))

      expect(refusal).toMatchObject({ code: 311, message: expect.stringMatching(/exited with code 7.*\nthe weights are gone/s) })
      expect(refusal.tookMs).toBeLessThan(TAKEN_BACK_WITHIN_MS)
      // What runs again has another token.
      expect(registered()).toBe(record)
      expect((await inspect(board, 'kept-board1')).Id).toBe(before.Id)
      expect(await containerNames(board)).not.toContain('aicluster-before-kept-board1')
      await expect(world.cluster.infer('kept', BODY)).resolves.toBeDefined()
      await world.cluster.unloadInference({ deleteImage: false })
    },
    LIMIT_MS,
  )

  it(
    "that a container of somebody else's uses stays, by name; kept when asked for; and gone when nobody uses it",
    async () => {
      const board = sharedRig().board(2)
      const { tag } = await worldImage()
      await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board2')
      await board.exec(['docker', 'create', '--name', 'theirs', tag, 'true'])

      const [used] = (await world.cluster.unloadInference({ inferenceName: 'echo', deleteImage: true })).images

      expect(used).toEqual({ coprocessorName: 'board2', image: tag, deleted: false, reason: 'in use by container "theirs"' })
      await board.exec(['docker', 'rm', 'theirs'])
      await world.cluster.loadInference(await dockerConfig('echo', 'echo'), 'board2')
      expect((await world.cluster.unloadInference({ inferenceName: 'echo', deleteImage: false })).images).toEqual([])
      expect((await imagesOn('board2')).flatMap(({ tags }) => tags)).toContain(tag)
    },
    LIMIT_MS,
  )
})
