import { createServer } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { linesOf, noEngine, TestEngine, TestEngineBoard } from '../engine/test-engine'
import { EnginedLocalBoard } from './engined-local-board'
import { LocalEngine } from './local-engine'
import { IDLE } from './test-board'

// An Engine takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
/** Of what is beside the containers' sockets, too. */
const LOOK = `cd "\${AICLUSTER_HOST_IP#ipc://}"; ls -l; rm a 2>/dev/null; echo $?; ls ..; sleep 1000`
const logger = pino({ level: 'silent' })

function localBoard(root: string, engineSocket: string, managerAddress: string): EnginedLocalBoard {
  const shared = { board: 'board1', clusterId: 'cluster1', allowedRunOptions: [], logger }
  const engine = new LocalEngine({ ...shared, folder: join(root, 'engine'), engineSocket, managerAddress })
  return new EnginedLocalBoard({ name: 'board1', folder: join(root, 'processes'), logger, engine })
}

describe('a local board without an Engine', () => {
  it.each(['docker', 'nvidia'] as const)('refuses %s, naming itself and the socket', async (implementation_type) => {
    const board = localBoard('/nowhere', '/no/such/docker.sock', 'ipc:///run/x')
    await expect(board.check({ name: 'digits', implementation_type, image_tag: 'x' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(
        /board "board1", container config "digits": implementation_type "\w+" cannot run on this board: there is no Docker Engine at \/no\/such\/docker.sock/,
      ),
    })
    expect(await board.images()).toEqual([])
    await board.sweep(() => false)
  })
})

describe.skipIf(noEngine !== undefined)('a local board with an Engine', () => {
  const engine = new TestEngine()
  beforeAll(() => engine.start())
  afterAll(() => engine[Symbol.asyncDispose]())

  it('runs programs and containers side by side; those find the sockets of the manager where it has them', async () => {
    await using test = await TestEngineBoard.on(engine)
    const sockets = await test.files('sockets', { 'c/a': '', management: '' })
    const server = createServer().listen(join(sockets, 'c', 'sub'))
    const board = localBoard(test.folder, engine.socket, `ipc://${sockets}`)
    const program = await board.create(
      test.spec({ implementation_type: 'other', run_command: IDLE, image_filename: null, run_option: null }),
    )
    const spec = test.spec(
      { name: 'docker', run_command: ['/bin/sh', '-c', LOOK] },
      { suffixName: 'docker-board1', instance: 'docker', environment: { AICLUSTER_HOST_IP: `ipc://${sockets}` } },
    )
    await board.check(spec.config)
    const container = await board.create(spec)
    const lines = await linesOf(container, 5)
    expect(lines.some((line) => /^srw.* sub$/.test(line))).toBe(true)
    // Nothing to be deleted, and nothing else to be seen.
    expect(lines.slice(-2)).toEqual(['1', 'c'])
    expect((await program.runtime()).pid).not.toBe((await container.runtime()).pid)
    expect(await board.images()).toHaveLength(1)
    await program.remove(0)
    await container.remove(0)
    server.close()
  })

  it('refuses containers where they could not reach the manager', async () => {
    await using test = await TestEngineBoard.on(engine)
    const board = localBoard(test.folder, engine.socket, '127.0.0.1')
    await expect(board.check(test.spec().config)).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('containers do not reach the manager at 127.0.0.1: set listen.transport to ipc, or listen.host'),
    })
  })
})
