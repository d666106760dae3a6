import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnswerFiles } from './answer-files'
import { eventually } from './eventually'
import { RawApplication } from './raw-application'
import { rawCommand } from './raw-command'
import { sendFile } from './send-file'
import { startWorld, type World } from './world'
import { runs } from './world-processes'

const BODY = Uint8Array.of(1)

/** The system has chosen the ports once: they stay. */
const LISTEN = { transport: 'tcp', inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
const BOARDS = [{ name: 'board1' }, { name: 'board2', processes: true }]

/** The next manager, with what the operator has written meanwhile. */
async function startAgainWith(world: World, config: object): Promise<void> {
  await world.endManager('SIGTERM')
  writeFileSync(world.configFile, JSON.stringify({ boards: BOARDS, log_level: 'debug', ...config }))
  await world.startManager()
  await eventually('the application to be back', () => world.cluster.isConnected)
}

const startAgainAt = (world: World, host: string): Promise<void> =>
  startAgainWith(world, { listen: { ...LISTEN, host, insecure: host === '0.0.0.0' } })

const REFUSAL = { code: 302, message: expect.stringContaining('board board1 starts no plain processes') }

const statuses = async (world: World) =>
  Object.fromEntries((await world.cluster.getContainerStatus('digits')).map(({ suffixName, status }) => [suffixName, status]))

describe('a manager that other machines reach from now on', () => {
  it('ends the plain processes that the one before has left, and no command runs or changes them, until they are allowed', async () => {
    await using world = await startWorld({ transport: 'tcp', config: { boards: BOARDS } })
    await world.load('reader', 'digits', { scriptPath: new AnswerFiles(world.folder).scripts('first') }, 'all')
    const before = await world.pids('digits')

    await startAgainAt(world, '0.0.0.0')

    expect(await statuses(world)).toEqual({ 'digits-board1': 'not allowed', 'digits-board2': 'running' })
    expect(runs(before['digits-board1'] as number)).toBe(false)
    expect((await world.pids('digits'))['digits-board2']).toBe(before['digits-board2'])
    expect(world.manager.log).toMatch(/board board1 starts no plain processes \(the manager listens beyond loopback\)/)
    const container = { coprocessor_name: 'board1', suffix_name: 'digits-board1' }
    await expect(rawCommand(world.cluster, { cmd: 'stop', ...container })).resolves.toMatchObject({ status: 'not allowed' })
    for (const command of [
      { cmd: 'put_file', inference_name: 'digits', file_info: { script: new AnswerFiles(world.stateFolder).write('theirs') } },
      { cmd: 'reload_inference', inference_name: 'digits' },
      { cmd: 'start', ...container },
    ]) {
      await expect(rawCommand(world.cluster, command), command.cmd).rejects.toMatchObject(REFUSAL)
    }
    expect(world.containerProcesses).toEqual([before['digits-board2']])

    await startAgainAt(world, '127.0.0.1')
    const stopped = (await world.cluster.getContainerHandler('digits')).find(({ suffixName }) => suffixName === 'digits-board1')
    await stopped?.start()
    expect(await statuses(world)).toEqual({ 'digits-board1': 'running', 'digits-board2': 'running' })
    await world.atRest()
  })

  it('starts them again by itself once they are allowed', async () => {
    await using world = await startWorld({ transport: 'tcp', config: { boards: BOARDS } })
    await world.load('reader', 'digits', { scriptPath: new AnswerFiles(world.folder).scripts('first') })
    await startAgainAt(world, '0.0.0.0')
    expect(world.containerProcesses).toEqual([])

    await startAgainAt(world, '127.0.0.1')

    expect((await world.cluster.infer('digits', BODY)).result).toMatchObject({ answer: 'first', board: 'board1' })
    await world.atRest()
  })
})

describe('a board that runs no plain processes any more', () => {
  it('gets no program from a peer that sends files without asking first', async () => {
    await using world = await startWorld()
    await world.load('reader', 'digits', { scriptPath: new AnswerFiles(world.folder).scripts('first') })
    await startAgainWith(world, { listen: { transport: 'ipc' }, boards: [{ name: 'board1', processes: false }] })
    await using raw = await RawApplication.connect(world)
    const path = '/app/answer.txt'
    const tree = await sendFile((command) => raw.ask(command), path, 'theirs')

    const outcome = await raw.ask({ cmd: 'put_file', inference_name: 'digits', file_info: { script: path }, files: [{ path, tree }] })

    expect(outcome).toMatchObject(REFUSAL)
    expect(readdirSync(join(world.stateFolder, 'files'))).toEqual([])
    expect(await statuses(world)).toEqual({ 'digits-board1': 'not allowed' })
  })
})
