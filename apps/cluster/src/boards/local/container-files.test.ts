import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeContainerFolder } from './container-files'
import { TestBoard } from './test-board'

const make = (test: TestBoard, config: Parameters<TestBoard['spec']>[0]): Promise<void> =>
  makeContainerFolder('board1', test.spec(config), test.path())

it('puts scripts, copies and the token into a private folder', async () => {
  await using test = new TestBoard()
  const script_path = await test.files('scripts', { 'main.js': 'main', 'lib/a.js': 'a' })
  await chmod(join(script_path, 'main.js'), 0o755)
  const data = await test.files('data', { 'model.onnx': 'weights', 'main.js': 'newer' })
  await make(test, {
    script_path,
    copy: [
      { From: data, To: 'deep/er' },
      { From: join(data, 'model.onnx'), To: 'lib' },
      { From: join(data, 'model.onnx'), To: 'models/' },
      { From: join(data, 'model.onnx'), To: './renamed.onnx' },
      { From: join(data, 'main.js'), To: 'main.js' },
    ],
  })

  expect((await readdir(test.path(), { recursive: true })).sort()).toEqual(
    ['deep', 'deep/er', 'deep/er/main.js', 'deep/er/model.onnx', 'lib', 'lib/a.js', 'lib/model.onnx', 'main.js', 'models'].concat(
      'models/model.onnx',
      'renamed.onnx',
      'token',
    ),
  )
  expect(await test.read('main.js')).toBe('newer')
  expect((await stat(test.path())).mode & 0o777).toBe(0o700)
  expect((await stat(test.path('token'))).mode & 0o777).toBe(0o400)
})

it('copies files whatever their names are', async () => {
  await using test = new TestBoard()
  const names = ['with space', `"both' quotes`, 'new\nline', '$(touch owned)', '`id`', '-rf', '推論.js', '...', '*']
  const script_path = await test.files('scr ipts\n$(x)', Object.fromEntries(names.map((name) => [name, name])))
  await make(test, { script_path })
  for (const name of names) expect(await test.read(name)).toBe(name)
})

it('keeps links within the scripts and points others at where they pointed', async () => {
  await using test = new TestBoard()
  const script_path = await test.files('scripts', { 'a.js': 'a' })
  const outside = await test.files('outside', { 'big.onnx': 'big' })
  await symlink('a.js', join(script_path, 'inner'))
  await symlink('../outside/big.onnx', join(script_path, 'outer'))
  await symlink('nothing', join(script_path, 'dangling'))
  await symlink('.', join(script_path, 'loop'))
  await make(test, { script_path })
  expect(await readlink(test.path('inner'))).toBe('a.js')
  expect(await readlink(test.path('outer'))).toBe(join(outside, 'big.onnx'))
  expect((await lstat(test.path('loop'))).isSymbolicLink()).toBe(true)
})

it('writes nothing through a link that the scripts brought', async () => {
  await using test = new TestBoard()
  const outside = await test.files('outside', { file: 'untouched' })
  const script_path = await test.files('scripts', { 'main.js': '' })
  await symlink(outside, join(script_path, 'link'))
  await symlink(join(outside, 'file'), join(script_path, 'filelink'))
  const data = await test.files('data', { file: 'data' })

  await expect(make(test, { script_path, copy: { From: data, To: 'link/x' } })).rejects.toMatchObject({
    code: 302,
    message: expect.stringContaining('copy[0].To "link/x" leads through "link"'),
  })
  await make(test, {
    script_path,
    copy: [
      { From: data, To: 'link' },
      { From: join(data, 'file'), To: 'filelink' },
    ],
  })
  expect(await readdir(outside)).toEqual(['file'])
  expect(await readFile(join(outside, 'file'), 'utf8')).toBe('untouched')
  expect(await test.read('link', 'file')).toBe('data')
  expect(await test.read('filelink')).toBe('data')
})

it('does not copy a folder into itself', async () => {
  await using test = new TestBoard()
  await expect(make(test, { script_path: test.root })).rejects.toMatchObject({
    code: 302,
    message: expect.stringContaining("container's folder itself"),
  })
})

it('leaves out what is no content', async () => {
  await using test = new TestBoard()
  const script_path = await test.files('scripts', { 'main.js': '' })
  await mkdir(join(script_path, 'empty'))
  const { execFileSync } = await import('node:child_process')
  execFileSync('mkfifo', [join(script_path, 'pipe')])
  await make(test, { script_path })
  expect((await readdir(test.path())).sort()).toEqual(['empty', 'main.js', 'token'])
})
