import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BoardContainer } from '../board'
import { LocalMachine } from '../local/local-machine'
import { eventually, exitsOf } from '../local/test-board'
import { removeFolder } from './remove-folder'
import { INSTANCE, linesOf, noEngine, TestEngine, TestEngineBoard } from './test-engine'
import { writeTestImage } from './test-image'

// An Engine takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describeUnless(noEngine, 'containers on a real Engine', () => {
  const engine = new TestEngine()
  beforeAll(() => engine.start())
  afterAll(() => engine[Symbol.asyncDispose]())

  const sh = (script: string) => ['/bin/sh', '-c', script]

  it('run their command among their files, know where their token is, and carry their labels', async () => {
    await using test = await TestEngineBoard.on(engine)
    const script_path = await test.files('scripts', {
      'it\'s "main"\n$(id).sh': 'echo "$@"; pwd; env; id -u; cat $AICLUSTER_TOKEN_FILE; echo; sleep 1000',
    })
    const container = await test.create({
      script_path,
      run_command: ['/bin/sh', './it\'s "main"\n$(id).sh', 'a b', '$(x)'],
      env: { MODEL: 'a b' },
      copy: [
        { To: 'data/', From: join(script_path, 'it\'s "main"\n$(id).sh') },
        { To: '/etc/cop/', From: join(script_path, 'it\'s "main"\n$(id).sh') },
      ],
    })
    const lines = await eventually('the token', async () => {
      const all = (await container.readLog({ lines: 100 })).lines
      return all.includes('a secret token') && all
    })
    expect(lines).toEqual(expect.arrayContaining(['a b $(x)', '/opt/aicluster/app', 'MODEL=a b', `AICLUSTER_INSTANCE=${INSTANCE}`, '0']))
    expect(readdirSync(test.path('app')).sort()).toEqual(['data', 'it\'s "main"\n$(id).sh'])
    const info = await engine.machine.engine.getContainer('aicluster-digits-board1').inspect()
    expect(info.Config.Labels).toMatchObject({
      'io.aicluster.cluster': 'cluster1',
      'io.aicluster.instance': INSTANCE,
      'io.aicluster.container': 'digits-board1',
      'io.aicluster.board': 'board1',
    })
    expect(info.HostConfig.RestartPolicy?.Name).toBe('unless-stopped')
    expect(JSON.stringify(info)).not.toContain('a secret token')
    const stat = await engine.machine.engine.getContainer(info.Id).infoArchive({ path: '/etc/cop/it\'s "main"\n$(id).sh' })
    expect(stat).toBeTruthy()
    expect(statSync(test.path('secret')).mode & 0o777).toBe(0o700)
  })

  it('have secrets that only the user of their image can read, and a folder where it can write', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { user: 'worker:video' })
    const container = await test.create(
      { run_command: sh('touch mine && id; cat /run/aicluster/token /run/aicluster/curve.json; echo; sleep 1000') },
      { curve: '{"a":1}' },
    )
    expect(await linesOf(container, 2)).toEqual(['uid=1234(worker) gid=44(video) groups=44(video)', 'a secret token{"a":1}'])
    for (const name of ['token', 'curve.json']) {
      const { mode, uid, gid } = statSync(test.path('secret', name))
      expect([mode & 0o777, uid, gid]).toEqual([0o400, 1234, 44])
    }
    expect(statSync(test.path('secret'))).toMatchObject({ uid: 1234, gid: 44 })
  })

  it('leave nothing that their root user has written, where we may not delete it ourselves', async () => {
    await using test = await TestEngineBoard.on(engine)
    const { machine } = engine
    const folder = join(test.folder, 'of a container')
    mkdirSync(join(folder, 'app', 'of root'), { recursive: true })
    writeFileSync(join(folder, 'app', 'of root', 'file'), '')
    const images = await machine.engine.listImages({ all: true })
    const removed: (string | undefined)[] = []
    const files = {
      kind: (path: string) => machine.files.kind(path),
      // As it is for a user to whom the inner folder does not belong.
      remove: async (path: string) => {
        const kind = await machine.files.kind(path)
        removed.push(kind)
        if (kind === 'folder') throw new Error('Permission denied')
        await machine.files.remove(path)
      },
    }

    await removeFolder({ ...machine, uid: 1234, files }, folder)

    expect(removed).toEqual(['folder', 'file'])
    expect(existsSync(folder)).toBe(false)
    expect(await machine.engine.listContainers({ all: true })).toEqual([])
    expect(await machine.engine.listImages({ all: true })).toEqual(images)
    mkdirSync(folder)
    await expect(removeFolder({ ...machine, files }, folder)).rejects.toThrow('Permission denied')
  })

  it('leave nothing of that with the next sweep, where the manager dies in the middle of it', async () => {
    await using test = await TestEngineBoard.on(engine)
    const { machine } = engine
    const kept = { containers: await machine.engine.listContainers({ all: true }), images: await machine.engine.listImages({ all: true }) }
    const folder = test.path()
    mkdirSync(folder, { recursive: true })
    const deaf = new LocalMachine({ board: 'board1', engineSocket: engine.socket }).engine
    const died = async () => {
      throw new Error('the manager has died')
    }
    const files = { kind: (path: string) => machine.files.kind(path), remove: died }
    const dies = (helper: object) => Object.assign(helper, { remove: died, putArchive: died })
    const [getImage, createContainer] = [deaf.getImage.bind(deaf), deaf.createContainer.bind(deaf)]
    Object.assign(deaf, {
      getImage: (id: string) => dies(getImage(id)),
      createContainer: async (options: object) => dies(await createContainer(options)),
    })
    await expect(removeFolder({ engine: deaf, uid: 1234, files }, folder)).rejects.toThrow('the manager has died')
    expect(await machine.engine.listContainers({ all: true })).toHaveLength(kept.containers.length + 1)
    expect(await machine.engine.listImages({ all: true })).toHaveLength(kept.images.length + 1)

    await test.board.sweep(() => false)

    expect(await machine.engine.listContainers({ all: true })).toEqual(kept.containers)
    expect(await machine.engine.listImages({ all: true })).toEqual(kept.images)
  })

  it('tell of an exit at their start, with what they printed last, and leave nothing when they are removed', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create({ run_command: sh('echo no model >&2; exit 3'), restart: 'never' })
    const exits = exitsOf(container)
    await eventually('an exit', () => exits.length)
    expect(exits).toEqual([{ code: 3, signal: null, restarting: false }])
    expect(await container.lastOutput()).toBe('no model')
    expect(await container.runtime()).toMatchObject({ state: 'exited', pid: null, cpuPercent: null })
    await container.remove(0)
    expect(readdirSync(test.path('..'))).toEqual([])
    expect(await engine.machine.engine.listContainers({ all: true })).toEqual([])
  })

  it('are started again by the Engine, which is told and counted', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create({ run_command: sh('echo broken >&2; exit 1') })
    const exits = exitsOf(container)
    await eventually('three exits', () => exits.length >= 3)
    expect(exits[0]).toEqual({ code: 1, signal: null, restarting: true })
    expect(['restarting', 'running']).toContain((await container.runtime()).state)
    expect((await container.runtime()).restarts).toBeGreaterThan(0)
    expect(await container.lastOutput()).toContain('broken')
  })

  it('that need more memory than they may say so', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create({
      run_command: sh('x=x; while true; do x=$x$x; done'),
      run_option: '--network none -m 32m --memory-swap 32m',
      restart: 'never',
    })
    const exits = exitsOf(container)
    await eventually('the exit', () => exits.length)
    expect(exits).toEqual([{ code: 137, signal: null, restarting: false, outOfMemory: true }])
  })

  it('that ignore SIGTERM are ended after the grace time, and no exit is told', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create({ run_command: sh("trap '' TERM; echo ready; while true; do sleep 1; done") })
    const exits = exitsOf(container)
    await linesOf(container)
    const before = performance.now()
    await container.stop(1000)
    expect(performance.now() - before).toBeGreaterThanOrEqual(1000)
    expect(await container.runtime()).toMatchObject({ state: 'exited', restarts: 0 })
    await container.start()
    expect((await container.runtime()).state).toBe('running')
    expect(exits).toEqual([])
  })

  it('that are killed are started again', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create()
    const { pid } = await container.runtime()
    const exits = exitsOf(container)
    container.kill()
    await eventually('another process', async () => {
      const runtime = await container.runtime()
      return runtime.state === 'running' && runtime.pid !== pid
    })
    expect(exits).toEqual([{ code: 137, signal: null, restarting: true }])
  })

  it('whose program is missing do not start, and leave nothing', async () => {
    await using test = await TestEngineBoard.on(engine)
    await expect(test.create({ run_command: ['/no/such/program'] })).rejects.toMatchObject({
      code: 311,
      message: expect.stringMatching(/board "board1", container "digits-board1": the Engine says: .*\/no\/such\/program/),
    })
    expect(readdirSync(test.path('..'))).toEqual([])
    expect(await engine.machine.engine.listContainers({ all: true })).toEqual([])
  })

  it('tell what they use', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create({ run_command: sh('while true; do :; done') })
    const runtime = await container.runtime()
    expect(runtime).toMatchObject({ state: 'running', restarts: 0, imageId: expect.stringMatching(/^sha256:/) })
    expect(runtime.cpuPercent).toBeGreaterThan(5)
    expect(runtime.memoryBytes).toBeGreaterThan(1000)
    expect(Math.abs(Date.parse(runtime.createdAt) - Date.now())).toBeLessThan(30_000)
  })

  it('are read on from any place of their log, each line once and in order', async () => {
    await using test = await TestEngineBoard.on(engine)
    const long = 'x'.repeat(40_000)
    const container = await test.create({
      run_command: sh(`for i in 1 2 3; do echo out $i; echo err $i >&2; done; echo ${long}; echo last; sleep 1000`),
    })
    const all = await linesOf(container, 8)
    expect(all.filter((line) => line.startsWith('out'))).toEqual(['out 1', 'out 2', 'out 3'])
    expect(all.filter((line) => line.startsWith('err'))).toEqual(['err 1', 'err 2', 'err 3'])
    expect(all.find((line) => line.startsWith('xxx'))).toHaveLength(8193)

    const whole = await container.readLog({ after: '0.0', lines: 0 })
    expect(whole.lines).toEqual(all)
    expect((await container.readLog({ after: whole.next, lines: 0 })).lines).toEqual([])
    const tail = await container.readLog({ lines: 1 })
    expect(tail.lines).toEqual(all.slice(-1))
    expect(await container.readLog({ lines: 0 })).toEqual({ lines: [], next: whole.next })
    await expect(container.readLog({ after: 'x', lines: 1 })).rejects.toMatchObject({ code: 302 })
  })

  it('are adopted by a later manager, which hears of what happens from then on', async () => {
    await using test = await TestEngineBoard.on(engine)
    const first = await test.create({ run_command: sh('sleep 1000; exit 4'), restart: 'never' })
    const { pid } = await first.runtime()
    first.detach()
    test.board.close()
    const later = test.open()
    expect(await later.adopt(test.spec({}, { instance: 'another' }))).toBeUndefined()
    const adopted = await later.adopt(test.spec({ restart: 'never' }))
    if (!adopted) throw new Error('not adopted')
    expect((await adopted.runtime()).pid).toBe(pid)
    const exits = exitsOf(adopted)
    process.kill(pid as number, 'SIGKILL')
    await eventually('the exit', () => exits.length)
    expect(exits).toEqual([{ code: 137, signal: null, restarting: false }])
    expect(await later.adopt(test.spec())).toBeUndefined()
    adopted.detach()
    later.close()
  })

  it('that ended while nobody looked are made again with the files they have', async () => {
    await using test = await TestEngineBoard.on(engine)
    const script_path = await test.files('scripts', { 'model.bin': 'one' })
    const first = await test.create({ script_path, restart: 'never' })
    await first.stop(0)
    first.detach()
    await test.files('scripts', { 'model.bin': 'two' })
    const { Id } = await engine.machine.engine.getContainer('aicluster-digits-board1').inspect()

    const again = await test.create({ script_path, restart: 'never' }, { token: 'another token' })

    expect(test.read('app', 'model.bin')).toBe('one')
    expect(test.read('secret', 'token')).toBe('another token')
    expect((await engine.machine.engine.getContainer('aicluster-digits-board1').inspect()).Id).toBe(Id)
    // Made another way, the Engine makes it anew.
    await again.stop(0)
    await test.create({ script_path, restart: 'never', env: { A: 'b' } })
    expect((await engine.machine.engine.getContainer('aicluster-digits-board1').inspect()).Id).not.toBe(Id)
    expect(test.read('app', 'model.bin')).toBe('one')
  })

  it('are replaced, and come back as they were when the new one fails', async () => {
    await using test = await TestEngineBoard.on(engine)
    const first = await test.create({ script_path: await test.files('one', { 'a.txt': 'one' }) })
    await first.setAside(0)
    const second = await test.create({ script_path: await test.files('two', { 'a.txt': 'two' }) }, { instance: 'second' })
    expect(test.read('app', 'a.txt')).toBe('two')
    await second.remove(0)
    await first.bringBack()
    await first.start()
    expect(test.read('app', 'a.txt')).toBe('one')
    expect((await first.runtime()).state).toBe('running')
    // A manager that dies in between: its successor undoes it.
    await first.setAside(0)
    await test.create({ script_path: await test.files('two', {}) }, { instance: 'second' })
    const later = test.open()
    const rested = await later.rest(test.spec())
    expect(test.read('app', 'a.txt')).toBe('one')
    expect((await rested.runtime()).state).toBe('exited')
    expect(await engine.machine.engine.listContainers({ all: true })).toHaveLength(1)
    later.close()
  })

  describe('that could not be brought back', () => {
    const listed = async () => (await engine.machine.engine.listContainers({ all: true })).map(({ Names }) => Names[0])
    /** It has its name again, but not its folder, when the connection is lost. */
    async function bringHalfBack(container: BoardContainer) {
      const lost = vi.spyOn(engine.machine.files, 'rename').mockRejectedValueOnce(new Error('the connection is lost'))
      await expect(container.bringBack()).rejects.toMatchObject({ code: 500 })
      lost.mockRestore()
    }

    it('are set aside again with all that they have, and come back then', async () => {
      await using test = await TestEngineBoard.on(engine)
      const first = await test.create({ script_path: await test.files('one', { 'a.txt': 'one' }) })
      await first.setAside(0)
      await bringHalfBack(first)

      await first.setAside(0)

      expect(await listed()).toEqual(['/aicluster-before-digits-board1'])
      await first.bringBack()
      await first.start()
      expect([test.read('app', 'a.txt'), await listed()]).toEqual(['one', ['/aicluster-digits-board1']])
      expect(readdirSync(test.path('..'))).toEqual(['digits-board1'])
    })

    it('are what is started under their instance, wherever it broke off, also when their sources are gone', async () => {
      await using test = await TestEngineBoard.on(engine)
      const script_path = await test.files('one', { 'a.txt': 'one' })
      const first = await test.create({ script_path })
      const [before] = await engine.machine.engine.listContainers({ all: true })
      await first.setAside(0)
      rmSync(script_path, { recursive: true })

      for (const half of [false, true]) {
        if (half) await bringHalfBack(first)
        const again = await test.create({ script_path })

        expect(await engine.machine.engine.listContainers({ all: true })).toMatchObject([
          { Id: before?.Id, Names: ['/aicluster-digits-board1'] },
        ])
        expect([test.read('app', 'a.txt'), readdirSync(test.path('..'))]).toEqual(['one', ['digits-board1']])
        await again.setAside(0)
      }
      await first.remove(0)
      expect([await listed(), readdirSync(test.path('..'))]).toEqual([[], []])
    })
  })

  it('get put files in one step each, and back', async () => {
    await using test = await TestEngineBoard.on(engine)
    const container = await test.create({ script_path: await test.files('one', { 'a.txt': 'old', 'folder/b.txt': '' }) })
    const files = await test.files('put', { 'a.txt': 'new', 'c d.txt': 'more' })
    const staged = await container.stageFiles(files, {})
    expect(test.read('app', 'a.txt')).toBe('old')
    await staged.commit()
    expect([test.read('app', 'a.txt'), test.read('app', 'c d.txt')]).toEqual(['new', 'more'])
    await staged.revert()
    expect(test.read('app', 'a.txt')).toBe('old')
    expect(existsSync(test.path('app', 'c d.txt'))).toBe(false)
    await staged.dispose()
    expect(readdirSync(test.path('..'))).toEqual(['digits-board1'])
    await expect(container.stageFiles(await test.files('bad', { folder: '' }), {})).rejects.toMatchObject({ code: 302 })
  })

  it('that nobody knows are swept, everything else on the Engine stays', async () => {
    await using test = await TestEngineBoard.on(engine)
    await test.create()
    const image = (await test.board.images())[0]?.id as string
    const stranger = await engine.machine.engine.createContainer({ Image: image, name: 'stranger', HostConfig: { NetworkMode: 'none' } })
    const later = test.open()
    await later.sweep(({ instance }) => instance === INSTANCE)
    expect(await engine.machine.engine.listContainers({ all: true })).toHaveLength(2)
    await test.board.sweep(() => false)
    expect(existsSync(test.path())).toBe(true)
    await later.sweep(() => false)
    expect((await engine.machine.engine.listContainers({ all: true })).map(({ Id }) => Id)).toEqual([stranger.id])
    expect(readdirSync(test.path('..'))).toEqual([])
    later.close()
  })

  it('of another cluster, or of nobody, are left alone: the name is taken', async () => {
    await using test = await TestEngineBoard.on(engine)
    await test.create()
    const other = test.open({ clusterId: 'cluster2', folder: 'other' })
    await expect(other.create(test.spec())).rejects.toMatchObject({
      code: 311,
      message: expect.stringContaining('is of the cluster cluster1'),
    })
    expect(await engine.machine.engine.listContainers()).toHaveLength(1)
  })

  it('come back with an Engine that was restarted, and their exits are told', async () => {
    await using test = await TestEngineBoard.on(engine)
    const run_option = '--network none --stop-timeout 0'
    const container = await test.create({ run_option })
    const once = await test.create({ name: 'once', run_option, restart: 'never' }, { suffixName: 'once-board1', instance: 'once' })
    const exits = exitsOf(once)
    await engine.stop()
    await expect(container.runtime()).rejects.toMatchObject({ code: 500, message: expect.stringContaining('board "board1"') })
    await engine.start()
    test.board.connected()
    await eventually('its exit', () => exits.length)
    expect(exits[0]).toMatchObject({ restarting: false })
    await eventually('the other one', async () => (await container.runtime()).state === 'running')
  })
})
