import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AICluster, type ContainerConfig, type ProgressEvent } from '@aicluster/host-sdk'
import { nodeImage } from '@aicluster/rig'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addKey, changedKey, contentOf, foreignPair, keys } from '../worlds/keys'
import type { World } from '../worlds/world'
import { containersOn, registeredFiles, startsOf } from './board-facts'
import { inContainer, inspect, RIG_PROGRAMS, refusalOf, untilUp } from './on-board'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'
import { SteadyWork } from './steady-work'

const LIMIT_MS = 120_000
/** No time-out is waited for where somebody is refused, in ms. */
const SOON_MS = 4_000
/** Longer than a revoked key takes. */
const HELD_MS = 5_000
const LARGE_BYTES = 6 * 1024 * 1024
const SLOW_MBIT = 10
/** More than 4 s; a connection on which nothing comes for 2.9 s is lost. */
const PUT_BYTES = 5 * 1024 * 1024
/** What so slow a link needs for it, there and back. */
const LEAST_MS = (2 * LARGE_BYTES * 8) / (SLOW_MBIT * 1_000)
/** The image's user: no root. */
const USER = 1000
const PROGRAMS = fileURLToPath(new URL('../worlds/programs', import.meta.url))

interface Secrets {
  token: string
  curve: { server_key: string; public_key: string; secret_key: string }
}

describeUnless(rigMissing, 'a cluster with CURVE, and boards over SSH', () => {
  let world: World
  /** Of a container that is unloaded since, with its instance. */
  let gone: Secrets & { instance: string }
  let imageBytes = 0
  let image: Partial<ContainerConfig>
  let scriptPath: string
  /** Bytes that went from the application to the manager, by inference. */
  const sent = new Map<string, number>()
  const board = () => sharedRig().board(1)
  /** What nobody who knocks may change. */
  const present = async () => ({
    files: registeredFiles(world),
    containers: await containersOn(board()),
    started: await Promise.all(Object.keys(await containersOn(board())).map((name) => startsOf(board(), name))),
    restarts: (await world.cluster.getContainerStatus()).map(({ suffixName, restarts }) => [suffixName, restarts]),
  })
  const folderOf = async (container: string) =>
    (await board().exec(['find', '/root/.aicluster', '-path', `*/${container}/secret`])).stdout.trim()
  const instanceOf = async (container: string) => (await inspect(board(), container)).Config.Labels['io.aicluster.instance'] as string

  async function secretsOf(container: string): Promise<Secrets> {
    const folder = await folderOf(container)
    const read = async (name: string) => (await board().exec(['cat', join(folder, name)])).stdout.trim()
    return { token: await read('token'), curve: JSON.parse(await read('curve.json')) as Secrets['curve'] }
  }

  beforeAll(async () => {
    // It may read nothing that applications name: all of it is sent.
    world = await startRigWorld({ boards: [1], listen: { insecure: false }, config: { file_roots: [] } })
    scriptPath = join(world.folder, 'scripts')
    mkdirSync(scriptPath)
    for (const file of [
      join(PROGRAMS, 'lib.mjs'),
      join(PROGRAMS, 'echo.mjs'),
      join(PROGRAMS, 'slow.mjs'),
      join(RIG_PROGRAMS, 'knock.mjs'),
    ]) {
      copyFileSync(file, join(scriptPath, basename(file)))
    }
    const { file, tag } = await nodeImage({ user: String(USER), tag: 'aicluster-user:1' })
    imageBytes = statSync(file).size
    const onProgress = ({ inferenceName, coprocessorName, phase, bytesDone = 0 }: ProgressEvent) => {
      if (phase === 'upload' && coprocessorName === '') sent.set(inferenceName, bytesDone)
    }
    image = { imagePath: dirname(file), imageFilename: basename(file), imageTag: tag }
    await untilUp(world)
    for (const name of ['gone', 'first', 'second']) {
      const config = await dockerConfig('echo', name, { ...image, scriptPath, inferenceModules: null, startTimeout: 60_000 })
      await world.cluster.loadInference(config, 'board1', { onProgress })
    }
    gone = { ...(await secretsOf('gone-board1')), instance: await instanceOf('gone-board1') }
    await world.cluster.unloadInference({ inferenceName: 'gone', deleteImage: false })
  }, LIMIT_MS)
  afterAll(() => world[Symbol.asyncDispose]())

  it('has images and programs sent by an application whose files the manager may not read, each once', async () => {
    expect([...sent.keys()]).toEqual(['gone'])
    expect(sent.get('gone')).toBeGreaterThan(imageBytes)
    const [{ imagePath = '' } = {}] = await world.cluster.getContainerHandler('first')
    expect(imagePath).not.toContain(world.stateFolder)
    await expect(world.cluster.infer('first', Uint8Array.of(1))).resolves.toBeDefined()
    expect(readdirSync(join(world.stateFolder, 'given', 'store', 'parts'))).toEqual([])
  })

  it('gives a container its secrets in files that its user alone can read, and nowhere else', async () => {
    const folder = await folderOf('first-board1')
    const { token, curve } = await secretsOf('first-board1')
    const modes = await board().exec(['stat', '-c', '%a %u %n', folder, join(folder, 'token'), join(folder, 'curve.json')])
    expect(modes.stdout).toBe(`700 ${USER} ${folder}\n400 ${USER} ${folder}/token\n400 ${USER} ${folder}/curve.json\n`)
    expect(await inContainer(board(), 'first-board1', 'id', '-u')).toBe(`${USER}\n`)
    expect(await inContainer(board(), 'first-board1', 'cat', '/run/aicluster/token')).toContain(token)
    expect(await inContainer(board(), 'first-board1', 'sh', '-c', 'echo mine > cache; cat cache')).toBe('mine\n')
    await expect(inContainer(board(), 'first-board1', 'sh', '-c', 'echo mine > /run/aicluster/more')).rejects.toThrow(/Read-only/i)

    const inspected = await board().exec(['docker', 'inspect', 'aicluster-first-board1', 'aicluster-second-board1'])
    // Argument lists and environments of everything that runs on the board.
    const running = await board().exec(['sh', '-c', 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ'])
    expect(running.stdout).toContain('AICLUSTER_TOKEN_FILE=/run/aicluster/token')
    const logs = await board().exec(['docker', 'logs', 'aicluster-first-board1'])
    for (const secret of [token, curve.secret_key, gone.token, gone.curve.secret_key]) {
      expect(secret.length).toBeGreaterThan(20)
      for (const text of [inspected.stdout, running.stdout, logs.stdout + logs.stderr, world.manager.log])
        expect(text).not.toContain(secret)
    }
    expect((await board().exec(['find', '/root/.aicluster', '-path', '*gone*'])).stdout).toBe('')
  })

  /** What becomes of a program in a container that says it is somebody. */
  async function knock(who: { secrets: { token: string; curve?: Secrets['curve'] }; instance: string; name: string }) {
    const put = async (name: string, input: string) => {
      await board().exec(['docker', 'exec', '--interactive', '--user', '0', 'aicluster-first-board1', 'sh', '-c', 'cat > "$0"', name], {
        input,
      })
    }
    await put('/stolen-token', who.secrets.token)
    if (who.secrets.curve) await put('/stolen-curve', JSON.stringify(who.secrets.curve))
    const environment = {
      AICLUSTER_TOKEN_FILE: '/stolen-token',
      AICLUSTER_CURVE_FILE: who.secrets.curve ? '/stolen-curve' : '',
      AICLUSTER_INSTANCE: who.instance,
      AICLUSTER_SUB_NAME: who.name,
    }
    const words = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const { stdout, stderr } = await board().exec([
      ...(['docker', 'exec', '--user', '0', ...words] as [string, ...string[]]),
      ...['aicluster-first-board1', 'node', 'knock.mjs'],
    ])
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as { code: number; message: string; tookMs: number }
  }

  it.each<[string, () => Promise<Parameters<typeof knock>[0]>, RegExp]>([
    [
      'without a key',
      async () => {
        const { token } = await secretsOf('first-board1')
        return { secrets: { token }, instance: await instanceOf('first-board1'), name: 'first' }
      },
      /no key was given/,
    ],
    [
      'with a foreign key',
      async () => {
        const { token, curve } = await secretsOf('first-board1')
        return { secrets: { token, curve: { ...curve, ...foreignPair() } }, instance: await instanceOf('first-board1'), name: 'first' }
      },
      /does not admit this key/,
    ],
    [
      'with the key of a container that was unloaded',
      async () => ({ secrets: gone, instance: gone.instance, name: 'gone' }),
      /does not admit this key/,
    ],
    [
      "with another container's token",
      async () => {
        const { curve } = await secretsOf('first-board1')
        const { token } = await secretsOf('second-board1')
        return { secrets: { token, curve }, instance: await instanceOf('first-board1'), name: 'first' }
      },
      /no container of this cluster has this instance and token/,
    ],
    [
      "that claims another container's name",
      async () => ({ secrets: await secretsOf('first-board1'), instance: await instanceOf('first-board1'), name: 'second' }),
      /may serve first, not second/,
    ],
  ])(
    'a program on a board %s is refused with 110 and the reason, at once, and nobody is disturbed',
    async (_, who, reason) => {
      const peer = await who()
      const before = await present()
      const works = ['first', 'second'].map((name) => new SteadyWork(world, name))

      const outcome = await knock(peer)

      const done = await Promise.all(works.map((work) => work.end()))
      expect(outcome).toMatchObject({ code: 110, message: expect.stringMatching(reason) })
      expect(outcome.tookMs).toBeLessThan(SOON_MS)
      expect(done.flatMap(({ failures }) => failures)).toEqual([])
      for (const { answers } of done) expect(answers).toBeGreaterThan(3)
      expect(await present()).toEqual(before)
    },
    LIMIT_MS,
  )

  it('an application without a key, with a foreign one, or with a revoked one is refused with 110 and the reason, at once', async () => {
    const keyFile = await addKey(world, 'camera')
    const { address, ports } = contentOf(keyFile)
    expect(address).toBe(sharedRig().managerAddress)
    const endpoint = { host: address, inferencePort: ports.inference, managementPort: ports.management }
    const lost = await addKey(world, 'lost')
    await keys(world, 'revoke', 'lost')

    for (const [options, reason] of [
      [{ endpoint }, /no key was given/],
      [{ keyFile: changedKey(keyFile, ({ curve }) => Object.assign(curve, foreignPair())) }, /does not admit this key/],
      [{ keyFile: lost }, /does not admit this key/],
    ] as const) {
      const refusal = await refusalOf(AICluster.connect({ ...options, connectTimeoutMs: 30_000 }))
      expect(refusal).toMatchObject({ code: 110, message: expect.stringMatching(reason) })
      expect(refusal.tookMs).toBeLessThan(SOON_MS)
    }
    const theirs = await world.connect({ keyFile })
    await expect(theirs.infer('first', Uint8Array.of(1))).resolves.toBeDefined()
  })

  it('drops a key that is revoked while its application waits for an answer: 110 at once, the others get theirs, nothing runs anew', async () => {
    const theirs = await world.connect({ keyFile: await addKey(world, 'stolen'), reconnectTimeoutMs: 600_000 })
    await world.cluster.loadInference(
      await dockerConfig('slow', 'slow', { ...image, scriptPath, maxSendNum: 2, inferenceModules: null }),
      'board1',
    )
    const before = await present()
    const dropped = refusalOf(theirs.infer('slow', Uint8Array.of(1), { ms: HELD_MS }))
    const held = world.cluster.infer('slow', Uint8Array.of(1), { ms: HELD_MS })
    await world.until('slow', { held: 2 })

    const startedAt = performance.now()
    await keys(world, 'revoke', 'stolen')
    const { code, message } = await dropped

    expect(performance.now() - startedAt).toBeLessThan(SOON_MS)
    expect({ code, message }).toEqual({ code: 110, message: expect.stringMatching(/the key "stolen" was revoked|does not admit this key/) })
    await expect(held).resolves.toMatchObject({ result: { board: 'board1' } })
    await world.atRest()
    expect(await present()).toEqual(before)
    await world.cluster.unloadInference({ inferenceName: 'slow', deleteImage: false })
  })

  it(
    'passes 6 MB to a container and back over 10 Mbit/s, then a file that needs longer than a silent board is waited for: neither container nor board is lost',
    async () => {
      const data = randomBytes(LARGE_BYTES)
      const logged = world.manager.log.length
      await board().rate(SLOW_MBIT)
      const startedAt = performance.now()
      const { result } = await world.cluster.infer('first', data, { as: 'bytes' })
      const tookMs = performance.now() - startedAt
      const file = join(world.folder, 'large')
      writeFileSync(file, randomBytes(PUT_BYTES))
      const putting = world.cluster.putFile('first', { other: file })
      // It is asked over the connection that is busy with the file.
      const [meanwhile] = await world.cluster.getContainerStatus('first')
      await putting
      await board().rate(undefined)
      expect(meanwhile).toMatchObject({ status: 'running', memBytes: expect.any(Number) })

      expect(data.equals(result as Uint8Array)).toBe(true)
      expect(tookMs).toBeGreaterThan(0.9 * LEAST_MS)
      expect(world.manager.log.slice(logged)).not.toMatch(/disconnected|is down/)
      expect((await world.cluster.getContainerStatus('first'))[0]).toMatchObject({ connectStatus: 'connected', restarts: 0 })
      await world.atRest()
    },
    LIMIT_MS,
  )
})
