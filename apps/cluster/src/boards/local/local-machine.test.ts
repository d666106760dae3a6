import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LocalMachine } from './local-machine'

async function world() {
  const root = await mkdtemp(join(tmpdir(), 'aicluster-here-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const engineSocket = join(root, 'engine.sock')
  return { root, engineSocket, machine: new LocalMachine({ board: 'b1', engineSocket }) }
}

describe('a program on this machine', () => {
  it('gets every word as it is, and gives code, outputs and signal', async () => {
    const { machine } = await world()
    const words = ["it's", '$(id)', '', 'a\nb', '*']
    const { stdout } = await machine.run(['printf', '%s\\0', ...words])
    expect(stdout.toString('utf8').split('\0').slice(0, -1)).toEqual(words)
    const script = 'cat; echo wrong >&2; exit 7'
    expect(await machine.run(['sh', '-c', script], { input: Buffer.from('in') })).toEqual({
      code: 7,
      signal: null,
      stdout: Buffer.from('in'),
      stderr: 'wrong\n',
    })
    expect(await machine.run(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(await machine.run(['no-such-program'])).toMatchObject({ code: 127 })
  })

  it('is given up when it takes too long, prints too much, or the caller no longer wants it', async () => {
    const { machine } = await world()
    await expect(machine.run(['sleep', '30'], { timeoutMs: 50 })).rejects.toThrow('board "b1": run sleep: it did not end within 50 ms')
    await expect(machine.run(['yes'], { maxOutputBytes: 1000 })).rejects.toMatchObject({ code: 500 })
    const abort = new AbortController()
    const given = machine.run(['sleep', '30'], { signal: abort.signal })
    abort.abort(new Error('changed my mind'))
    await expect(given).rejects.toThrow('changed my mind')
  })
})

describe('files of this machine', () => {
  it('are written with their mode, read within a limit, listed, renamed and deleted', async () => {
    const { root, machine } = await world()
    const { files } = machine
    const folder = join(root, 'a', 'b')
    await files.makeFolder(folder, 0o700)
    await files.write(join(folder, 'token'), Buffer.from('abc'), { mode: 0o400 })
    await files.write(join(folder, 'token'), Buffer.from('abcd'), { mode: 0o400 })
    expect((await stat(join(folder, 'token'))).mode & 0o777).toBe(0o400)
    expect((await files.read(join(folder, 'token'), 4))?.toString()).toBe('abcd')
    await expect(files.read(join(folder, 'token'), 3)).rejects.toMatchObject({ code: 500, message: expect.stringContaining('4 bytes') })
    await files.rename(join(folder, 'token'), join(folder, 'x'))
    expect(await files.list(folder)).toEqual(['x'])
    expect([await files.kind(folder), await files.kind(join(folder, 'x')), await files.kind(join(folder, 'y'))]).toEqual([
      'folder',
      'file',
      undefined,
    ])
    await files.remove(folder)
    expect([await files.list(folder), await files.read(folder, 1)]).toEqual([[], undefined])
  })

  it('are brought as over SSH: merged, links as what they lead to, none that leads out', async () => {
    const { root, machine } = await world()
    const [from, to] = [join(root, 'from'), join(root, 'to')]
    await mkdir(join(from, 'in'), { recursive: true })
    await writeFile(join(from, 'in', 'model'), 'weights', { mode: 0o600 })
    await symlink('in/model', join(from, 'latest'))
    await mkdir(to)
    await writeFile(join(to, 'learned'), 'stays')
    const told: number[] = []
    await machine.files.bring(from, to, { onBytes: (done) => told.push(done) })
    expect(await readFile(join(to, 'latest'), 'utf8')).toBe('weights')
    expect((await stat(join(to, 'latest'))).mode & 0o777).toBe(0o644)
    expect((await readdir(to)).sort()).toEqual(['in', 'latest', 'learned'])
    expect(told).toEqual([7, 14])

    await symlink('..', join(from, 'in', 'round'))
    await expect(machine.files.bring(from, join(root, 'other'))).rejects.toMatchObject({ code: 302 })
    expect((await readdir(root)).sort()).toEqual(['from', 'to'])
  })

  it('are not brought for somebody who no longer wants them', async () => {
    const { root, machine } = await world()
    await writeFile(join(root, 'from'), 'x')
    const signal = AbortSignal.abort(new Error('changed my mind'))
    await expect(machine.files.bring(join(root, 'from'), join(root, 'to'), { signal })).rejects.toThrow('changed my mind')
    expect(await readdir(root)).toEqual(['from'])
  })
})

it('the Engine of this machine is asked through its socket', async () => {
  const { machine, engineSocket } = await world()
  const engine = createServer((_, response) => response.end('OK')).listen(engineSocket)
  onTestFinished(() => void engine.close())
  await new Promise((resolve) => engine.once('listening', resolve))
  expect(String(await machine.engine.ping())).toBe('OK')
})
