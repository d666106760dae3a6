import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerConfig } from '@aicluster/protocol'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { describe, expect, it } from 'vitest'
import { TestBoard } from './test-board'

const check = (test: TestBoard, config: Partial<ContainerConfig>): Promise<void> => test.board.check(test.spec(config).config)

describe('a config that a local board cannot run', () => {
  it.each(['docker', 'nvidia', 'Loop', null] as const)('is one of type %s', async (type) => {
    await using test = new TestBoard()
    await expect(check(test, { implementation_type: type })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining(`board "board1", container config "digits": implementation_type "${type ?? 'docker'}" cannot run`),
      details: { board: 'board1', field: 'implementation_type' },
    })
  })

  it.each(['image_path', 'image_filename', 'run_option'])('is one with %s', async (key) => {
    await using test = new TestBoard()
    await expect(check(test, { [key]: '/x' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining(`${key} "/x" belongs to`),
    })
  })

  it.each([null, '  ', [''] as string[]])('is one without a program: run_command %j', async (command) => {
    await using test = new TestBoard()
    await expect(check(test, { run_command: command })).rejects.toMatchObject({
      code: 201,
      message: expect.stringContaining('run_command'),
    })
  })

  it.each([['node "main.js'], [['node', 'a\0b']]])('is one with a malformed command: %j', async (command) => {
    await using test = new TestBoard()
    await expect(check(test, { run_command: command })).rejects.toMatchObject({ code: 302 })
  })

  it('is one whose env value holds NUL; the value is not shown', async () => {
    await using test = new TestBoard()
    const refusal = await check(test, { env: { KEY: 'conf\0idential' } }).catch((error: Error) => error)
    expect(refusal).toMatchObject({ code: 302, message: expect.stringContaining('env.KEY') })
    expect(JSON.stringify(refusal)).not.toContain('idential')
  })

  it('names the file or folder that cannot be read', async () => {
    await using test = new TestBoard()
    const scripts = await test.files('scripts', { 'main.js': '' })
    const missing = join(test.root, 'missing')
    for (const config of [
      { script_path: missing },
      { script_path: join(scripts, 'main.js') },
      { script_path: scripts, inference_modules: { sub_inference_name: '', script: 'other.js' } },
      { script_path: scripts, inference_modules: [{ sub_inference_name: '' as const, script: 'main.js', model: ['main.js', 'no.onnx'] }] },
      { copy: { From: missing, To: 'x' } },
    ]) {
      await expect(check(test, config)).rejects.toMatchObject({
        code: 301,
        message: expect.stringMatching(/missing|main\.js|other\.js|no\.onnx/),
      })
    }
  })

  it('is one with relative paths where absolute ones are due', async () => {
    await using test = new TestBoard()
    await expect(check(test, { script_path: 'scripts' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('"scripts"'),
    })
    await expect(check(test, { copy: { From: 'x', To: 'x' } })).rejects.toMatchObject({ code: 302, details: { field: 'copy[0].From' } })
  })

  it.each(['/etc/x', '..', '../x', 'a/../../x', 'a/../x', 'a\0b'])('is one that copies to %j', async (To) => {
    await using test = new TestBoard()
    const From = await test.files('data', { x: '' })
    await expect(
      check(test, {
        copy: [
          { From, To: 'fine' },
          { From, To },
        ],
      }),
    ).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining(`copy[1].To ${JSON.stringify(To)}`),
      details: { field: 'copy[1].To', value: To },
    })
  })

  it('is one whose files would take the place of our own', async () => {
    await using test = new TestBoard()
    const scripts = await test.files('scripts', { token: '' })
    await expect(check(test, { script_path: scripts })).rejects.toMatchObject({ code: 302, message: expect.stringContaining('"token"') })
    await expect(check(test, { copy: { From: scripts, To: './' } })).rejects.toMatchObject({ code: 302 })
    await expect(check(test, { copy: { From: scripts, To: './log/x' } })).rejects.toMatchObject({ code: 302 })
    await expect(check(test, { copy: { From: join(scripts, 'token'), To: '.' } })).rejects.toMatchObject({ code: 302 })
  })

  it('has modules without a script_path to look below, or outside of it', async () => {
    await using test = new TestBoard()
    const inference_modules = { sub_inference_name: '' as const, script: '../main.js' }
    await expect(check(test, { inference_modules })).rejects.toMatchObject({ code: 201, message: expect.stringContaining('script_path') })
    const script_path = await test.files('scripts/inner', {})
    await mkdir(script_path, { recursive: true })
    await expect(check(test, { script_path, inference_modules })).rejects.toMatchObject({ code: 302 })
  })
})

it('a complete config passes, image_tag being a label', async () => {
  await using test = new TestBoard()
  const script_path = await test.files('scripts', { 'main.js': '', 'models/a.onnx': '' })
  await check(test, {
    script_path,
    image_tag: 'v2',
    inference_modules: { sub_inference_name: '', script: 'main.js', model: ['models/a.onnx'] },
    copy: { From: script_path, To: 'again/' },
  })
})

const asRoot = process.getuid?.() === 0 ? 'root may read every folder: run the tests as another user' : undefined

describeUnless(asRoot, 'a config that names a folder without permission', () => {
  it('names the folder that the manager may not read', async () => {
    await using test = new TestBoard()
    const script_path = await test.files('scripts', { x: '' })
    await chmod(script_path, 0)
    await expect(check(test, { script_path })).rejects.toMatchObject({ code: 301, message: expect.stringContaining('may not be read') })
    await chmod(script_path, 0o700)
  })
})
