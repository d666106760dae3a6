import { execFile } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it, onTestFinished } from 'vitest'
import { probeMachine } from '../probe/probe-machine'
import { connectSsh } from './ssh-connection'
import { SshLink } from './ssh-link'
import { SshMachine } from './ssh-machine'
import type { SshTarget } from './ssh-target'

const {
  AICLUSTER_RIG_ADDRESS,
  AICLUSTER_RIG_KEY = '',
  AICLUSTER_RIG_KNOWN_HOSTS = '',
  AICLUSTER_RIG_CONTROL = '',
  AICLUSTER_RIG_BOARD = '1',
} = process.env

const NO_RIG = AICLUSTER_RIG_ADDRESS
  ? undefined
  : 'there is no rig: set AICLUSTER_RIG_ADDRESS, _KEY, _KNOWN_HOSTS, _BOARD (number) and _CONTROL (command that takes: cut N, heal N, rate N MBIT)'

/** A cut is noticed within this. */
const NOTICED_MS = 4000
const ENGINE = '/var/run/docker.sock'

const target = (changes: Partial<SshTarget> = {}): SshTarget => ({
  board: 'board1',
  address: AICLUSTER_RIG_ADDRESS ?? '',
  port: 22,
  user: 'root',
  identityFile: AICLUSTER_RIG_KEY,
  knownHosts: [AICLUSTER_RIG_KNOWN_HOSTS],
  ...changes,
})

const rig = (...words: string[]) => promisify(execFile)(AICLUSTER_RIG_CONTROL, words)

async function cut(): Promise<number> {
  onTestFinished(async () => void (await rig('heal', AICLUSTER_RIG_BOARD)))
  await rig('cut', AICLUSTER_RIG_BOARD)
  return performance.now()
}

async function machine(): Promise<SshMachine> {
  const connection = await connectSsh(target())
  onTestFinished(() => connection.close())
  return SshMachine.on(connection, ENGINE)
}

/** A file of zeroes on our side. */
async function fileOf(bytes: number): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'aicluster-rig-')), 'large')
  onTestFinished(() => rm(dirname(file), { recursive: true }))
  await writeFile(file, '')
  await truncate(file, bytes)
  return file
}

describeUnless(NO_RIG, 'a board of the rig', () => {
  it('is probed: its Engine is there, nothing is wrong', async () => {
    const probe = await probeMachine(await machine(), 'board1')
    expect(probe).toMatchObject({
      home: '/root',
      uid: 0,
      engine: { rootFolder: '/var/lib/docker', gpuAccess: null },
      gpus: [],
      problems: [],
    })
    expect(probe.telemetry.diskFreeBytes).toBeGreaterThan(0)
    expect(probe.architecture).toMatch(/^(amd64|arm64)$/)
  })

  it('that is cut off fails what is under way, within 4 s: a program, an Engine call, events, an upload', async () => {
    const board = await machine()
    const events = await board.engine.getEvents()
    const ended = new Promise<void>((resolve) => {
      events
        .on('error', () => resolve())
        .on('close', () => resolve())
        .resume()
    })
    const file = await fileOf(500_000_000)
    let begun = (): void => {}
    const uploading = new Promise<void>((resolve) => {
      begun = resolve
    })
    const upload = board.files.bring(file, '/root/rig-test/large', { onBytes: () => begun() })
    upload.catch(() => {})
    const program = board.run(['sleep', '60'], { timeoutMs: 60_000 })
    program.catch(() => {})
    await uploading
    const from = await cut()
    const outcomes = await Promise.allSettled([upload, program, board.engine.ping(), ended])
    expect(performance.now() - from).toBeLessThan(NOTICED_MS)
    for (const outcome of outcomes.slice(0, 3)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 500, details: { board: 'board1', reason: 'lost' } } })
    }

    await rig('heal', AICLUSTER_RIG_BOARD)
    const again = await machine()
    await again.files.bring(await fileOf(1000), '/root/rig-test/large')
    expect(await again.files.list('/root/rig-test')).toEqual(['large'])
    await again.files.remove('/root/rig-test')
  })

  it('that is cut off and comes back is connected again by its link', async () => {
    const link = new SshLink({ target: target(), engineSocket: ENGINE })
    onTestFinished(() => link.close())
    const up = (): Promise<void> =>
      new Promise((resolve) => {
        link.onUp = () => resolve()
      })
    const down = new Promise<Error>((resolve) => {
      link.onDown = resolve
    })
    const first = up()
    link.start()
    await first
    const from = await cut()
    expect((await down).message).toContain('board "board1"')
    expect(performance.now() - from).toBeLessThan(NOTICED_MS)
    const asked = performance.now()
    await expect(link.machine()).rejects.toMatchObject({ code: 500 })
    expect(performance.now() - asked).toBeLessThan(NOTICED_MS)

    const again = up()
    await rig('heal', AICLUSTER_RIG_BOARD)
    await again
    await expect((await link.machine()).engine.ping()).resolves.toBeDefined()
  })

  it('that is dead is given up within 4 s', async () => {
    const from = await cut()
    await expect(connectSsh(target())).rejects.toMatchObject({ code: 500, details: { reason: 'unreachable' } })
    expect(performance.now() - from).toBeLessThan(NOTICED_MS)
  })

  it('on a link of 10 Mbit/s takes an upload without being taken for dead, and answers meanwhile', async () => {
    const board = await machine()
    onTestFinished(async () => void (await rig('rate', AICLUSTER_RIG_BOARD, '10000')))
    await rig('rate', AICLUSTER_RIG_BOARD, '10')
    const file = await fileOf(8_000_000)
    const upload = board.files.bring(file, '/root/rig-rate/large')
    await expect(board.run(['true'])).resolves.toMatchObject({ code: 0 })
    await expect(board.engine.ping()).resolves.toBeDefined()
    await upload
    await board.files.remove('/root/rig-rate')
  })
})
