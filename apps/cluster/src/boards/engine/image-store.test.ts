import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { noEngine, TestEngine, TestEngineBoard } from './test-engine'
import { testImageParts, writeTar, writeTestImage } from './test-image'

// An Engine takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

describeUnless(noEngine, 'images on a real Engine', () => {
  const engine = new TestEngine()
  beforeAll(() => engine.start())
  afterAll(() => engine[Symbol.asyncDispose]())

  const idsOn = async () => (await engine.machine.engine.listImages()).map(({ Id }) => Id)

  it.each([false, true])('are brought once, by their content (gzip: %s)', async (gzip) => {
    await using test = await TestEngineBoard.on(engine)
    const id = await writeTestImage(test.image, { tag: 'digits:1', gzip })
    const phases: string[] = []
    const bytes: number[] = []
    const work = { onPhase: (phase: string) => phases.push(phase), onBytes: (done: number, total: number) => bytes.push(done / total) }
    const first = await test.board.create(test.spec(), work)
    expect(phases).toEqual(['upload', 'load', 'copy', 'create'])
    expect(bytes.filter((part) => part === 1).length).toBeGreaterThanOrEqual(1)
    expect(await test.board.images()).toMatchObject([
      { id, tags: ['digits:1'], size: expect.any(Number), created: '2024-01-01T00:00:00.000Z' },
    ])
    await first.remove(0)
    phases.length = 0
    await test.board.create(test.spec(), work)
    expect(phases).toEqual(['copy', 'create'])
  })

  it('are brought once for several containers at the same time', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { ballast: 4_000_000 })
    let uploads = 0
    const onPhase = (phase: string) => {
      if (phase === 'upload') uploads++
    }
    const loads: string[] = []
    const load = engine.machine.engine.loadImage.bind(engine.machine.engine)
    engine.machine.engine.loadImage = ((...args: Parameters<typeof load>) => {
      loads.push('load')
      return load(...args)
    }) as never
    await Promise.all(
      ['a', 'b', 'c'].map((name) => test.board.create(test.spec({ name }, { suffixName: `${name}-board1`, instance: name }), { onPhase })),
    )
    engine.machine.engine.loadImage = load as never
    expect(loads).toEqual(['load'])
    expect(uploads).toBeGreaterThanOrEqual(1)
  })

  it('whose upload is given up leave nothing, and can be brought again', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { ballast: 60_000_000 })
    const giveUp = new AbortController()
    const onBytes = (done: number, total: number) => {
      if (done > total / 4) giveUp.abort(new Error('given up'))
    }
    await expect(test.board.create(test.spec(), { signal: giveUp.signal, onBytes })).rejects.toThrow('given up')
    expect(await idsOn()).toEqual([])
    await test.create()
    expect(await idsOn()).toHaveLength(1)
  })

  it('that are there already may be named by their tag alone', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { tag: 'digits:latest' })
    const first = await test.create()
    const config = { image_filename: null, image_tag: 'digits' }
    await test.board.check(test.spec(config).config)
    await first.remove(0)
    await test.create(config)
    await expect(test.board.check(test.spec({ ...config, image_tag: 'other:2' }).config)).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/board "board1".*image_tag "other:2" is not on this board: it has digits:latest/),
    })
  })

  it.each<[string, object, number, string]>([
    ['no image at all', { image_filename: null }, 201, 'image_tag'],
    ['a tar that is not there', { image_filename: '/no/such.tar' }, 301, '/no/such.tar'],
    ['a folder without a file', { image_filename: null, image_path: '/tmp' }, 201, 'image_filename'],
    ['a tag that is not in the tar', { image_tag: 'other:1' }, 302, 'is not in'],
    ['a relative file without its folder', { image_filename: 'x.tar' }, 201, 'image_path'],
    ['an option that reaches beyond the container', { run_option: '--privileged' }, 302, 'allowed_run_options'],
    ['a runtime that is not there', { run_option: '--runtime nvidia' }, 302, 'its Engine has the runtimes'],
    ['a GPU where there is none', { run_option: '--gpus all' }, 302, 'needs a GPU'],
    ['nvidia where there is none', { implementation_type: 'nvidia' }, 302, 'nvidia-container-toolkit'],
    ['an open quote', { run_command: 'sh "x' }, 302, 'never closed'],
    ['scripts that are not there', { script_path: '/no/such' }, 301, '/no/such'],
    ['a copy into /proc', { copy: { From: '/etc/passwd', To: '/proc/x' } }, 302, 'copy[0].To'],
  ])('%s is refused before anything changes', async (_, config, code, message) => {
    await using test = await TestEngineBoard.on(engine)
    const spec = test.spec(config)
    await expect(test.board.check(spec.config)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    expect(await idsOn()).toEqual([])
  })

  it('for another machine are refused, naming both', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { architecture: 's390x' })
    const message = expect.stringMatching(/is for s390x, and this board is (amd64|arm64): build the image for/)
    await expect(test.board.check(test.spec().config)).rejects.toMatchObject({ code: 302, message })
    await expect(test.create()).rejects.toMatchObject({ code: 302, message })
    expect(await idsOn()).toEqual([])
  })

  it('with a damaged layer are refused, and leave nothing', async () => {
    await using test = await TestEngineBoard.on(engine)
    const { names, layer, config, manifest } = await testImageParts()
    const damaged = Buffer.from(layer)
    damaged.fill(1, layer.length / 2, layer.length / 2 + 100)
    writeFileSync(test.image, await writeTar({ [names.layer]: damaged, [names.config]: config, 'manifest.json': manifest }))
    await expect(test.create()).rejects.toMatchObject({ code: 302, message: expect.stringContaining('is damaged') })
    expect(await idsOn()).toEqual([])
  })

  it('that break off in their file are refused before they travel', async () => {
    await using test = await TestEngineBoard.on(engine)
    writeFileSync(test.image, readFileSync(test.image).subarray(0, 500_000))
    await expect(test.create()).rejects.toMatchObject({ code: 302, message: expect.stringContaining('is damaged') })
  })

  it('stay as long as a container uses them, and say whose', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { tag: 'digits:1' })
    const container = await test.create()
    const id = (await container.runtime()).imageId as string
    await container.stop(0)
    expect(await test.board.deleteImage(id)).toEqual({
      id,
      tags: ['digits:1'],
      deleted: false,
      kept: 'in use by container "digits-board1"',
    })
    await container.remove(0)
    expect(await test.board.deleteImage(id)).toEqual({ id, tags: ['digits:1'], deleted: true })
    expect(await idsOn()).toEqual([])
    expect(await test.board.deleteImage(id)).toEqual({ id, tags: [], deleted: true })
  })

  it('on which another one is built stay with all their tags when they shall be deleted, which is said', async () => {
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(test.image, { tag: 'base:1' })
    const container = await test.create()
    const id = (await container.runtime()).imageId as string
    await engine.machine.engine.getImage(id).tag({ repo: 'localhost:5000/base', tag: '2' })
    await engine.machine.engine.getContainer('aicluster-digits-board1').commit({ repo: 'built', tag: '1' })
    await container.remove(0)

    const deletion = await test.board.deleteImage(id)

    expect(deletion).toMatchObject({ id, deleted: false, kept: 'in use by another container or image' })
    expect((await engine.machine.engine.getImage(id).inspect()).RepoTags.sort()).toEqual(['base:1', 'localhost:5000/base:2'])
  })
})

describeUnless(noEngine, 'a board whose disk is full', () => {
  it('refuses an image with that cause, and nothing of it is left', async () => {
    await using engine = new TestEngine()
    await engine.start(40)
    await using test = await TestEngineBoard.on(engine)
    await writeTestImage(join(test.folder, 'large.tar'), { ballast: 60_000_000 })
    await expect(test.create({ image_filename: join(test.folder, 'large.tar') })).rejects.toMatchObject({
      code: 500,
      message: expect.stringMatching(/board "board1": load image .*the disk is full/),
    })
    expect(await engine.machine.engine.listImages()).toEqual([])
    // What does fit can be used at once.
    await test.create()
  })
})
