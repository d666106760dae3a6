import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterError, FILE_CHUNK_BYTES } from '@aicluster/protocol'
import { eventually, type TempFolder, tempFolder } from '@aicluster/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ending, FakeWorld } from '../../test/fake-world'
import { handlerView } from '../../test/views'
import type { ProgressEvent } from '../index'

let folder: TempFolder
let scripts: string
beforeEach(async () => {
  folder = await tempFolder()
  scripts = join(folder.path, 'scripts')
  mkdirSync(join(scripts, 'sub'), { recursive: true })
  writeFileSync(join(scripts, 'main.js'), 'main')
  writeFileSync(join(scripts, 'sub', 'tool'), 'tool')
  chmodSync(join(scripts, 'sub', 'tool'), 0o755)
})
afterEach(() => folder.remove())

type Content = Record<string, unknown> & { cmd: string }
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A manager that takes files: what it keeps, and what it is asked. */
class Keeper {
  readonly kept = new Map<string, Buffer>()
  /** Commands in the order of their arrival, `put_chunk` with its place. */
  readonly asked: string[] = []
  wanted: (paths: string[]) => string[] = (paths) => paths
  /** Called before a piece is taken. */
  onPiece: (content: Content) => void = () => {}
  loaded: Content | undefined

  readonly answer = (content: Content): unknown => {
    this.asked.push(content.cmd)
    switch (content.cmd) {
      case 'offer_files':
        return { wanted: this.wanted((content.files as { path: string }[]).map(({ path }) => path)) }
      case 'get_missing':
        return this.missing(content.tree as string)
      case 'put_chunk':
        return this.put(content)
      default:
        this.loaded = content
        return content.cmd === 'put_file' ? {} : [handlerView('digits')]
    }
  }

  list(tree: string): { path: string; entries: { place: string; kind: string; sha256: string; size: number; executable: boolean }[] } {
    return JSON.parse(String(this.kept.get(tree)))
  }

  private missing(tree: string) {
    const bytes = this.kept.get(tree) ?? Buffer.alloc(0)
    if (sha256(bytes) !== tree) return { list_offset: bytes.length, missing: [], next: null }
    const missing = this.list(tree)
      .entries.filter(({ kind, sha256: hash }) => kind === 'file' && sha256(this.kept.get(hash) ?? '-') !== hash)
      .map(({ sha256: hash, size, executable }) => ({ sha256: hash, size, executable, offset: this.kept.get(hash)?.length ?? 0 }))
    return { list_offset: null, missing, next: null }
  }

  private put(content: Content): { offset: number } {
    this.onPiece(content)
    const { sha256: hash, offset, data } = content as unknown as { sha256: string; offset: number; data: Uint8Array }
    const there = this.kept.get(hash) ?? Buffer.alloc(0)
    if (offset === there.length) this.kept.set(hash, Buffer.concat([there, data]))
    return { offset: this.kept.get(hash)?.length ?? 0 }
  }
}

async function worldOf(keeper: Keeper): Promise<FakeWorld> {
  const world = await FakeWorld.start()
  world.manager.answerCommands((content) => keeper.answer(content as Content))
  return world
}

const config = (more: object = {}) => ({
  name: 'digits',
  implementationType: 'other' as const,
  runCommand: 'x',
  scriptPath: scripts,
  ...more,
})

describe('files of a command', () => {
  it('are sent by content, each once, and named by the command that follows', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    writeFileSync(join(scripts, 'same.js'), 'main')
    symlinkSync('sub', join(scripts, 'way'))

    await world.cluster.loadInference(config({ copy: { From: join(scripts, 'main.js'), To: 'x' } }), 'all')

    const files = keeper.loaded?.files as { path: string; tree: string }[]
    expect(files.map(({ path }) => path)).toEqual([scripts, join(scripts, 'main.js')])
    const { entries } = keeper.list(files[0]?.tree as string)
    expect(entries.map(({ place, kind, executable }) => [place, executable ?? kind])).toEqual([
      ['', 'folder'],
      ['main.js', false],
      ['same.js', false],
      ['sub', 'folder'],
      ['sub/tool', true],
      ['way', 'folder'],
      ['way/tool', true],
    ])
    expect(String(keeper.kept.get(sha256('tool')))).toBe('tool')
    // Two lists and two contents.
    expect(keeper.asked.filter((cmd) => cmd === 'put_chunk')).toHaveLength(4)
    expect(keeper.asked.at(-1)).toBe('load_inference')
  })

  it('do not travel where the manager sees them, has their content, or knows nothing of files', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    keeper.wanted = () => []
    await world.cluster.loadInference(config(), 'all')
    expect(keeper.loaded).not.toHaveProperty('files')

    keeper.wanted = (paths) => paths
    await world.cluster.loadInference(config(), 'all')
    keeper.asked.length = 0
    await world.cluster.loadInference(config(), 'all')
    expect(keeper.asked).toEqual(['offer_files', 'get_missing', 'load_inference'])

    const unknown = clusterError('notImplemented')
    world.manager.answerCommands((content) => (content.cmd === 'offer_files' ? unknown : keeper.answer(content as Content)))
    await world.cluster.loadInference(config(), 'all')
    expect(keeper.loaded).not.toHaveProperty('files')
  })

  it('that nobody asked to send are not read, whatever the manager wants', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    keeper.wanted = () => ['/etc/hostname']
    await world.cluster.putFile('digits', { other: join(scripts, 'main.js') })
    expect(keeper.asked).toEqual(['offer_files', 'put_file'])
  })

  it('cost nothing where there are none', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    await world.cluster.loadInference({ name: 'digits', implementationType: 'Loop', scriptPath: scripts }, 'all')
    await world.cluster.loadInference({ name: 'digits', imageTag: 'x' }, 'all')
    expect(keeper.asked).toEqual(['load_inference', 'load_inference'])
  })

  it('that are large go in pieces from where the manager is, some at once, and what it has lost goes again', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    const content = Buffer.alloc(5 * FILE_CHUNK_BYTES + 7, 'x')
    const model = join(folder.path, 'model')
    writeFileSync(model, content)
    const hash = sha256(content)
    keeper.kept.set(hash, content.subarray(0, 100))
    let fallen = false
    keeper.onPiece = ({ sha256: of, offset }) => {
      if (of !== hash || offset === 100 || fallen) return
      fallen = true
      keeper.kept.set(hash, content.subarray(0, 50))
    }
    const progress: ProgressEvent[] = []

    await world.cluster.putFile('digits', { model }, { onProgress: (event) => progress.push(event) })

    expect(sha256(keeper.kept.get(hash) as Buffer)).toBe(hash)
    expect(fallen).toBe(true)
    const uploads = progress.filter(({ phase }) => phase === 'upload')
    const total = content.length - 100
    const place = { cmd: 'put_file', inferenceName: 'digits', coprocessorName: '', suffixName: undefined, phase: 'upload' }
    expect(uploads[0]).toEqual({ ...place, requestNo: expect.any(String), bytesDone: 0, bytesTotal: total })
    expect(uploads.at(-1)).toMatchObject({ bytesDone: total, bytesTotal: total })
  })

  it('go in smaller pieces to a manager that takes no large commands', async () => {
    const keeper = new Keeper()
    await using world = await FakeWorld.start({}, (manager) => {
      manager.limits = { maxBodyBytes: 4096, maxHeaderBytes: 4096 }
      manager.answerCommands((content) => keeper.answer(content as Content))
    })
    const model = join(folder.path, 'model')
    writeFileSync(model, Buffer.alloc(10_000, 'x'))
    const pieces: number[] = []
    keeper.onPiece = ({ data }) => pieces.push((data as Uint8Array).length)
    await world.cluster.putFile('digits', { model })
    expect(Math.max(...pieces)).toBe(4096 - 1024)
    expect(keeper.asked.at(-1)).toBe('put_file')
  })

  it('go on after the connection was lost', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    const model = join(folder.path, 'model')
    writeFileSync(model, Buffer.alloc(20 * FILE_CHUNK_BYTES))
    let pieces = 0
    keeper.onPiece = () => {
      if (++pieces === 5) void world.cut()
    }
    const put = world.cluster.putFile('digits', { model })
    await eventually('the loss', () => world.events.length === 1)
    await world.comeBack()
    await put
    expect(world.events).toEqual([112, 113])
    expect(keeper.asked.at(-1)).toBe('put_file')
  })

  it.each([
    ['its signal: 312', 312, (giveUp: AbortController) => giveUp.abort(new Error('mine'))],
    ['the release of the connection: 111', 111, (_: AbortController, world: FakeWorld) => void world.cluster.release()],
  ])('stop travelling with %s', async (_, code, stop) => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    const giveUp = new AbortController()
    keeper.onPiece = () => stop(giveUp, world)
    await expect(world.cluster.loadInference(config(), 'all', { signal: giveUp.signal })).rejects.toMatchObject({
      code,
      requestNo: expect.any(String),
    })
    expect(keeper.asked).not.toContain('load_inference')
  })

  it('count for the timeout of the whole call: 313', async () => {
    await using world = await FakeWorld.start()
    expect(await ending(world.cluster.loadInference(config(), 'all', { timeout: 50 }))).toBe(313)
    expect(world.manager.commands.map(({ content }) => content.cmd)).toEqual(['offer_files'])
  })

  it('that cannot be read are told of, and what refuses them is the error of the call', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    keeper.wanted = () => []
    const missing = join(folder.path, 'missing')
    await world.cluster.putFile('digits', { other: [missing, scripts, join(scripts, 'main.js')] })
    const [offer] = world.manager.commands
    expect(offer?.content.files).toEqual([
      { path: missing, unreadable: 'does not exist' },
      { path: scripts, unreadable: 'is a folder, not a file' },
      { path: join(scripts, 'main.js'), seen: expect.objectContaining({ size: '4' }) },
    ])

    world.manager.answerCommands(() => clusterError('configFileUnreadable'))
    const told = vi.fn()
    const requestNo = world.cluster.putFileAsync('digits', { other: missing }, told)
    expect(told).not.toHaveBeenCalled()
    await eventually('the callback', () => told.mock.calls.length === 1)
    expect(told).toHaveBeenCalledWith(301, expect.any(String), 'put_file', undefined, requestNo)
    await expect(world.cluster.putFile('digits', { other: missing })).rejects.toMatchObject({ code: 301, command: 'put_file' })
  })

  it('with a link that leads out of their folder are refused before anything travels: 302', async () => {
    const keeper = new Keeper()
    await using world = await worldOf(keeper)
    symlinkSync('/etc/hostname', join(scripts, 'out'))
    await expect(world.cluster.loadInference(config(), 'all')).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('leads out of'),
    })
    expect(keeper.asked).toEqual(['offer_files'])
  })
})
