import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ContainerConfig, ContainerHandler, ContainerStatus } from '@aicluster/host-sdk'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PROGRAM } from '../cli/aicluster'
import { eventually } from '../worlds/eventually'
import { steadyLoad } from '../worlds/steady-load'
import type { World } from '../worlds/world'
import { containerNames, inContainer, inspect, RIG_PROGRAMS, refusalOf, untilUp } from './on-board'
import { dockerConfig, rigMissing, sharedRig, startRigWorld } from './rig-world'

const LIMIT_MS = 120_000
const BODY = Uint8Array.of(1)
const MEGABYTE = 1_000_000
const STOP_TIMEOUT_MS = 1_000
/** What a stop takes beyond the time that a program gets to end by itself. */
const STOP_MORE_MS = 6_000
/** Starts it once, then never again. */
const ONCE = 'if [ -e once ]; then echo the camera is gone >&2; exit 9; fi; touch once; exec node crash.mjs'
const HOG: Partial<ContainerConfig> = {
  scriptPath: RIG_PROGRAMS,
  inferenceModules: { subInferenceName: '', script: 'hog.mjs' },
  runCommand: ['node', 'hog.mjs'],
  runOption: '--memory 128m --memory-swap 128m',
}
/** The Engine's pauses between nine starts, doubled each time, and the starts. */
const CRASH_LOOP_LIMIT_MS = 90_000
const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `1.2MB / 3kB` as two numbers of bytes. */
const bytesOf = (text: string | undefined): number[] =>
  (text ?? '').split(' / ').map((part) => {
    const [, figure, unit = ''] = /^([\d.]+)(\D+)$/.exec(part) ?? []
    return Number(figure) * (UNITS[unit] ?? Number.NaN)
  })

describeUnless(rigMissing, 'a container on a board over SSH, once it runs', () => {
  // One world for all of them: each container has a name of its own. The crash loop takes its time beside the others.
  let world: World
  let loaded: ReadonlyMap<string, ContainerHandler>
  const handlerOf = (name: string) => loaded.get(name) as ContainerHandler
  const board = () => sharedRig().board(1)
  const load = async (...of: Parameters<typeof dockerConfig>) => {
    const [program, name, more] = of
    const [handler] = await world.cluster.loadInference(await dockerConfig(program, name, more), 'board1')
    if (!handler) throw new Error('nothing was loaded')
    return handler
  }
  const statusOf = async (name: string): Promise<ContainerStatus> => (await world.cluster.getContainerStatus(name))[0] as ContainerStatus

  beforeAll(async () => {
    world = await startRigWorld({ boards: [1], config: { stop_timeout: STOP_TIMEOUT_MS } })
    await untilUp(world)
    // Side by side: that is also how an operator starts a board.
    const [, ...handlers] = await Promise.all([
      load('crash', 'loops', { runCommand: ['sh', '-c', ONCE] }),
      load('stubborn', 'stubborn'),
      load('crash', 'comes-back'),
      load('crash', 'stays-away', { restart: 'never' }),
      load('echo', 'hog', HOG),
      load('echo', 'figures', { runOption: '--cpus 0.5 --memory 300m -p 8099:99/tcp' }),
      load('talker', 'talks'),
      load('slow', 'slow', { maxSendNum: 4, replacement: 'start-then-kill', sendTimeout: 20_000 }),
    ])
    loaded = new Map(handlers.map((handler) => [handler.name, handler]))
    expect(await refusalOf(world.cluster.infer('loops', BODY, { exit: 4 }))).toMatchObject({ code: 402 })
  }, LIMIT_MS)
  afterAll(() => world[Symbol.asyncDispose]())

  it(
    'that ignores SIGTERM is stopped when its time is over, stays stopped, and can be started again',
    async () => {
      const handler = handlerOf('stubborn')
      const startedAt = performance.now()
      const stopped = await handler.stop()
      const tookMs = performance.now() - startedAt

      expect(tookMs).toBeGreaterThan(0.9 * STOP_TIMEOUT_MS)
      expect(tookMs).toBeLessThan(STOP_TIMEOUT_MS + STOP_MORE_MS)
      expect(stopped).toMatchObject({ status: 'exited', connectStatus: 'disconnected' })
      expect(await handler.start()).toMatchObject({ status: 'running', connectStatus: 'connected', restarts: 0 })
      await expect(world.cluster.infer('stubborn', BODY)).resolves.toBeDefined()
      await world.cluster.unloadInference({ inferenceName: 'stubborn', deleteImage: false })
      expect(await containerNames(board())).not.toContain('aicluster-stubborn-board1')
    },
    LIMIT_MS,
  )

  it(
    'is started again when it exits, unless it is never to be; its request is 402',
    async () => {
      const never = handlerOf('stays-away')
      const first = await inspect(board(), 'comes-back-board1')
      for (const name of ['comes-back', 'stays-away']) {
        expect(await refusalOf(world.cluster.infer(name, BODY, { exit: 5 }))).toMatchObject({ code: 402 })
      }

      await expect(world.cluster.infer('comes-back', BODY)).resolves.toBeDefined()
      expect(await statusOf('comes-back')).toMatchObject({ status: 'running', restarts: 1 })
      const again = await inspect(board(), 'comes-back-board1')
      expect([again.Id, again.RestartCount]).toEqual([first.Id, 1])
      await eventually('its end to be known', async () => (await statusOf('stays-away')).status === 'exited')
      expect(await statusOf('stays-away')).toMatchObject({ restarts: 0, connectStatus: 'disconnected' })
      await never.start()
      await expect(world.cluster.infer('stays-away', BODY)).resolves.toBeDefined()
    },
    LIMIT_MS,
  )

  it(
    'that uses more memory than it may is ended, its request is 402, and the log says why; the next run serves',
    async () => {
      expect(await refusalOf(world.cluster.infer('hog', BODY, { hog: true }))).toMatchObject({ code: 402 })
      await expect(world.cluster.infer('hog', BODY)).resolves.toBeDefined()
      await eventually('the word of it', () => /"outOfMemory":true/.test(world.manager.log))
      expect((await statusOf('hog')).restarts).toBe(1)
    },
    LIMIT_MS,
  )

  it(
    'tells true figures of itself',
    async () => {
      const { State } = await inspect(board(), 'figures-board1')
      const idle = await statusOf('figures')
      for (let n = 0; n < 5; n++) await world.cluster.infer('figures', new Uint8Array(MEGABYTE), { as: 'bytes' })
      await inContainer(board(), 'figures-board1', 'dd', 'if=/dev/zero', 'of=/twenty', 'bs=1M', 'count=20', 'conv=fsync')
      await board().exec(['docker', 'exec', '--detach', 'aicluster-figures-board1', 'sh', '-c', 'while :; do :; done'])

      const busy = await eventually('a busy sample', async () => {
        const status = await statusOf('figures')
        return (status.cpuPercent ?? 0) > 5 ? status : undefined
      })

      // One core is 100 %, and it may have half of one.
      expect(busy.cpuPercent).toBeLessThan(70)
      expect(busy.cpuProc).toBe(`${busy.cpuPercent?.toFixed(2)}%`)
      expect(busy).toMatchObject({ ports: '0.0.0.0:8099->99/tcp', status: 'running', pid: State.Pid, restarts: 0 })
      expect(busy.created).toBe(State.StartedAt)
      const [sent = 0, received = 0] = bytesOf(busy.netIo)
      const [sentBefore = 0, receivedBefore = 0] = bytesOf(idle.netIo)
      for (const moved of [sent - sentBefore, received - receivedBefore]) {
        expect(moved).toBeGreaterThan(5 * MEGABYTE)
        expect(moved).toBeLessThan(8 * MEGABYTE)
      }
      const [used = 0, limit] = bytesOf(busy.memUsage)
      expect(limit).toBe(300 * 1024 ** 2)
      expect(used / 1e6).toBeGreaterThan(10)
      expect(busy.memPercent).toBeCloseTo((100 * (busy.memBytes ?? 0)) / (limit as number), 3)
      // Not every kernel counts what a container reads and writes: the Engine's own client is the measure.
      const { stdout: blocks } = await board().exec([
        'docker',
        'stats',
        '--no-stream',
        '--format',
        '{{.BlockIO}}',
        'aicluster-figures-board1',
      ])
      expect((await statusOf('figures')).blockIo).toBe(blocks.trim())
      if (/^0B \/ 0B$/.test(blocks.trim())) console.info('block I/O was compared in name only: this kernel counts none for containers')
      await world.cluster.unloadInference({ inferenceName: 'figures', deleteImage: false })
    },
    LIMIT_MS,
  )

  it(
    'has its log followed as it prints',
    async () => {
      const env = { ...process.env, AICLUSTER_STATE: world.stateFolder }
      const follower = spawn(process.execPath, [PROGRAM, 'logs', 'talks-board1', '-f', '-n', '0'], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let heard = ''
      follower.stdout.setEncoding('utf8').on('data', (text: string) => {
        heard += text
      })
      try {
        let n = 0
        // What is printed before it listens is not for it.
        await eventually(
          'it to follow',
          async () => {
            await world.cluster.infer('talks', Buffer.from(`line ${n++}\n`))
            return heard !== ''
          },
          20_000,
        )
        await world.cluster.infer('talks', Buffer.from('\u001b[31mred\u001b[0m and\nlast words\n'))
        await eventually('the last words', () => heard.endsWith('red and\nlast words\n'))
      } finally {
        follower.kill('SIGINT')
        await once(follower, 'exit')
      }
      const numbers = heard.match(/(?<=line )\d+/g)?.map(Number) ?? []
      expect(numbers).toEqual(Array.from(numbers, (_, index) => (numbers[0] as number) + index))
      await world.cluster.unloadInference({ inferenceName: 'talks', deleteImage: false })
    },
    LIMIT_MS,
  )

  it(
    'is replaced by start-then-kill under load without a gap: nothing lost, nothing refused, one is left',
    async () => {
      const before = await inspect(board(), 'slow-board1')
      const work = steadyLoad(world, 'slow')
      await eventually('some of them to be answered', () => work.codes.length > 20)

      const [replaced] = await world.cluster.reloadInference('slow')
      const answered = work.codes.length
      await eventually('the new one to answer', () => work.codes.length > answered + 100, 20_000)
      const codes = await work.stop()

      expect(codes.filter((code) => code !== 0)).toEqual([])
      const left = (await containerNames(board())).filter((name) => name.startsWith('aicluster-slow'))
      expect(left).toEqual([`aicluster-${replaced?.suffixName}`])
      expect((await inspect(board(), replaced?.suffixName as string)).Id).not.toBe(before.Id)
      await world.cluster.unloadInference({ inferenceName: 'slow', deleteImage: false })
    },
    LIMIT_MS,
  )

  it(
    'that exits at each start is seen as a crash loop, with what it said; unload ends it',
    async () => {
      await eventually('the crash loop', async () => (await statusOf('loops')).status === 'crash-loop', CRASH_LOOP_LIMIT_MS)
      expect((await statusOf('loops')).restarts).toBeGreaterThanOrEqual(8)
      expect((await world.cluster.getContainerLog('loops-board1')).lines).toContain('the camera is gone')
      await world.cluster.unloadInference({ deleteImage: false })
      expect(await containerNames(board())).toEqual([])
      await world.atRest()
    },
    LIMIT_MS,
  )
})
