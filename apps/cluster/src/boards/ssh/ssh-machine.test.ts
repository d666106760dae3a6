import { mkdir, readdir, readFile, readlink, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it, onTestFinished, vi } from 'vitest'
import { waitingPlace } from '../bring/bring-tree'
import type { ImageArchive } from '../engine/image-archive'
import { loadImage } from '../engine/load-image'
import { SftpFiles } from './sftp-files'
import { SshMachine } from './ssh-machine'
import { NO_SSHD, PATIENT, TestSshd } from './test-sshd'

// Each test starts an sshd and logs in: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** Names and words that a careless command line would run, cut or expand. */
const NASTY = [
  ' ',
  'two words',
  "it's",
  '"quoted"',
  'line\nfeed',
  '$(id)',
  '`id`',
  '$HOME',
  '~',
  '*',
  'a;b',
  '-rf',
  '\\',
  'é 漢 🚀',
  '#',
  '&&',
  '\t',
]

describeUnless(NO_SSHD, 'a program on a machine over SSH', () => {
  it('gets every word as it is', async () => {
    await using sshd = await TestSshd.start()
    const machine = await sshd.machine()
    const { code, stdout } = await machine.run(['printf', '%s\\0', ...NASTY, ''])
    expect(code).toBe(0)
    expect(stdout.toString('utf8').split('\0').slice(0, -1)).toEqual([...NASTY, ''])
  })

  it.each([
    ['as many as OpenSSH takes', ''],
    ['three', 'MaxSessions 3'],
  ])('has its turn, however many are run at once, where the server takes %s', async (_, config) => {
    await using sshd = await TestSshd.start(['ed25519'], config)
    const machine = await sshd.machine()
    const folders = Array.from({ length: 30 }, (_, index) => join(sshd.root, `folder${index}`))
    for (const folder of folders) await mkdir(folder)

    await Promise.all(folders.map((folder) => machine.files.remove(folder)))

    expect((await readdir(sshd.root)).filter((name) => name.startsWith('folder'))).toEqual([])
  })

  it('is refused a word with NUL', async () => {
    await using sshd = await TestSshd.start()
    const machine = await sshd.machine()
    await expect(machine.run(['echo', 'a\0b'])).rejects.toMatchObject({ code: 500, message: expect.stringContaining('NUL') })
  })

  it('gives its exit code, both outputs, and what it reads', async () => {
    await using sshd = await TestSshd.start()
    const machine = await sshd.machine()
    const result = await machine.run(['sh', '-c', 'cat; echo wrong >&2; exit 7'], { input: Buffer.from([0, 255, 10]) })
    expect(result).toEqual({ code: 7, signal: null, stdout: Buffer.from([0, 255, 10]), stderr: 'wrong\n' })
    await expect(machine.run(['no-such-program'])).resolves.toMatchObject({ code: 127 })
  })

  it('tells the signal that ended it', async () => {
    await using sshd = await TestSshd.start()
    const machine = await sshd.machine()
    await expect(machine.run(['sh', '-c', 'kill -TERM $$'])).resolves.toMatchObject({ code: null, signal: expect.stringContaining('TERM') })
  })

  it('is given up when it takes too long, prints too much, or the caller no longer wants it', async () => {
    await using sshd = await TestSshd.start()
    const machine = await sshd.machine()
    await expect(machine.run(['sleep', '30'], { timeoutMs: 100 })).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('board "b1": run sleep: it did not end within 100 ms'),
    })
    await expect(machine.run(['yes'], { maxOutputBytes: 1000 })).rejects.toThrow('it printed more than 1000 bytes')
    const abort = new AbortController()
    const given = machine.run(['sleep', '30'], { signal: abort.signal })
    abort.abort(new Error('changed my mind'))
    await expect(given).rejects.toThrow('changed my mind')
    await expect(machine.run(['true'])).resolves.toMatchObject({ code: 0 })
  })

  it('fails with 500 when the connection goes: that is no exit', async () => {
    await using sshd = await TestSshd.start()
    const machine = await sshd.machine()
    const running = machine.run(['sleep', '30'])
    await machine.run(['true'])
    sshd.kill()
    await expect(running).rejects.toMatchObject({ code: 500, details: { board: 'b1', reason: 'lost' } })
    await expect(machine.run(['true'])).rejects.toMatchObject({ code: 500 })
  })
})

describeUnless(NO_SSHD, 'files of a machine over SSH', () => {
  it('are written in one step with their mode, read, listed, renamed and deleted', async () => {
    await using sshd = await TestSshd.start()
    const { files } = await sshd.machine()
    const folder = join(sshd.root, 'made', 'deep')
    await files.makeFolder(folder, 0o700)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    for (const name of NASTY) await files.write(join(folder, `${name}.bin`), Buffer.from(name))
    expect(await files.list(folder)).toEqual(NASTY.map((name) => `${name}.bin`).sort())
    for (const name of NASTY) expect((await files.read(join(folder, `${name}.bin`), 1000))?.toString()).toBe(name)

    await files.write(join(folder, 'secret'), Buffer.from('x'), { mode: 0o400 })
    expect((await stat(join(folder, 'secret'))).mode & 0o777).toBe(0o400)
    await files.rename(join(folder, 'secret'), join(folder, 'other'))
    expect(await files.kind(join(folder, 'other'))).toBe('file')
    expect(await files.kind(folder)).toBe('folder')
    await symlink('/etc', join(folder, 'link'))
    expect(await files.kind(join(folder, 'link'))).toBe('other')
    await files.remove(folder)
    await files.remove(folder)
    expect(await files.kind(folder)).toBeUndefined()
    expect(await files.list(folder)).toEqual([])
    expect(await files.read(folder, 10)).toBeUndefined()
    expect((await stat('/etc')).isDirectory()).toBe(true)
  })

  it('are not read beyond the limit; what is wrong is named', async () => {
    await using sshd = await TestSshd.start()
    const { files } = await sshd.machine()
    const file = join(sshd.root, 'large')
    await writeFile(file, Buffer.alloc(100_000, 7))
    expect((await files.read(file, 100_000))?.length).toBe(100_000)
    await expect(files.read(file, 99_999)).rejects.toThrow(`board "b1": read ${JSON.stringify(file)}: it has more than 99999 bytes`)
    await expect(files.write('/no/such/folder/x', Buffer.from(''))).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('no such'),
    })
    await expect(files.kind('a\0b')).rejects.toMatchObject({ code: 500 })
  })

  it('are brought as a tree: names as they are, links as what they lead to, modes made plain', async () => {
    await using sshd = await TestSshd.start()
    const { files } = await sshd.machine()
    const [from, to] = [join(sshd.root, 'from'), join(sshd.root, 'there', 'to')]
    for (const name of NASTY) {
      await mkdir(join(from, name), { recursive: true })
      await writeFile(join(from, name, name), name)
    }
    await writeFile(join(from, 'run.sh'), '#!/bin/sh', { mode: 0o700 })
    await writeFile(join(from, 'model.bin'), Buffer.alloc(3_000_001, 9), { mode: 0o600 })
    await symlink('model.bin', join(from, 'latest.bin'))
    const told: [number, number][] = []

    await files.bring(from, to, { onBytes: (done, total) => told.push([done, total]) })

    for (const name of NASTY) expect(await readFile(join(to, name, name), 'utf8')).toBe(name)
    expect((await readFile(join(to, 'latest.bin'))).equals(Buffer.alloc(3_000_001, 9))).toBe(true)
    await expect(readlink(join(to, 'latest.bin'))).rejects.toThrow('EINVAL')
    const modes = await Promise.all(['run.sh', 'model.bin', ' '].map(async (name) => (await stat(join(to, name))).mode & 0o777))
    expect(modes).toEqual([0o755, 0o644, 0o755])
    const total = told.at(-1)?.[1] ?? 0
    expect(total).toBeGreaterThan(6_000_000)
    expect(told.at(-1)).toEqual([total, total])
    expect(await readdir(join(sshd.root, 'there'))).toEqual(['to'])
  })

  it('count as taken while they are brought, as an image does; small questions do not', async () => {
    await using sshd = await TestSshd.start()
    const socket = join(sshd.root, 'engine.sock')
    const engine = createServer((request, response) => request.resume().on('end', () => response.end('{}'))).listen(socket)
    onTestFinished(() => void engine.close())
    const machine = await sshd.machine(socket)
    const file = join(sshd.root, 'large')
    await writeFile(file, '')
    await truncate(file, 5_000_000)
    for (let n = 0; n < 20; n++) await Promise.all([machine.engine.info(), machine.files.kind(file)])
    expect(machine.takenBytes).toBe(0)

    await machine.files.bring(file, join(sshd.root, 'there'))
    const afterFile = machine.takenBytes
    expect(afterFile).toBeGreaterThan(4_500_000)

    await loadImage(machine.engine, { path: file, size: 5_000_000 } as ImageArchive, {})
    expect(machine.takenBytes - afterFile).toBeGreaterThan(4_500_000)
  })

  it('take the places of those that are there, and leave the others', async () => {
    await using sshd = await TestSshd.start()
    const { files } = await sshd.machine()
    const [from, to] = [join(sshd.root, 'from'), join(sshd.root, 'to')]
    await mkdir(join(from, 'both'), { recursive: true })
    await mkdir(join(to, 'both'), { recursive: true })
    await mkdir(join(to, 'was-folder'))
    await writeFile(join(from, 'both', 'new'), 'new')
    await writeFile(join(to, 'both', 'old'), 'old')
    await writeFile(join(from, 'was-folder'), 'now a file')
    await writeFile(join(from, 'was-link'), 'now a file')
    await symlink('/etc/hostname', join(to, 'was-link'))
    await files.bring(from, to)
    expect((await readdir(join(to, 'both'))).sort()).toEqual(['new', 'old'])
    expect(await readFile(join(to, 'was-folder'), 'utf8')).toBe('now a file')
    expect((await stat(join(to, 'was-link'))).isFile()).toBe(true)
    await expect(readlink(join(to, 'was-link'))).rejects.toThrow('EINVAL')

    await files.bring(join(from, 'was-folder'), join(to, 'both', 'old'))
    expect(await readFile(join(to, 'both', 'old'), 'utf8')).toBe('now a file')
  })

  it('are not brought when a link leads out of the tree: nothing is there then', async () => {
    await using sshd = await TestSshd.start()
    const { files } = await sshd.machine()
    const from = join(sshd.root, 'from')
    await mkdir(from)
    await symlink('/etc/passwd', join(from, 'innocent'))
    await expect(files.bring(from, join(sshd.root, 'to'))).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('is a link that leads out of'),
    })
    expect(await files.kind(join(sshd.root, 'to'))).toBeUndefined()
    await expect(files.bring('/no/such/place', join(sshd.root, 'to'))).rejects.toMatchObject({ code: 301 })
  })

  it('that are no longer wanted leave nothing', async () => {
    await using sshd = await TestSshd.start()
    const { files } = await sshd.machine()
    const [from, to] = [join(sshd.root, 'from'), join(sshd.root, 'there', 'to')]
    await writeFile(from, '')
    await truncate(from, 50_000_000)
    const abort = new AbortController()
    const onBytes = (done: number): void => {
      if (done > 1_000_000) abort.abort(new Error('changed my mind'))
    }
    await expect(files.bring(from, to, { signal: abort.signal, onBytes })).rejects.toThrow('changed my mind')
    expect(await readdir(join(sshd.root, 'there'))).toEqual([])
  })

  it('that a loss breaks off have changed nothing; the next try brings them and tidies up', async () => {
    await using sshd = await TestSshd.start()
    const [from, to] = [join(sshd.root, 'from'), join(sshd.root, 'there', 'to')]
    await mkdir(from)
    await writeFile(join(from, 'large'), '')
    await truncate(join(from, 'large'), 50_000_000)
    const { files } = await sshd.machine()
    const onBytes = (done: number): void => {
      if (done > 1_000_000) sshd.kill()
    }
    await expect(files.bring(from, to, { onBytes })).rejects.toMatchObject({ code: 500, details: { reason: 'lost' } })
    expect(await readdir(join(sshd.root, 'there'))).toEqual([waitingPlace(to).split('/').at(-1)])

    const again = await sshd.machine()
    await again.files.bring(from, to)
    expect(await readdir(join(sshd.root, 'there'))).toEqual(['to'])
    expect((await stat(join(to, 'large'))).size).toBe(50_000_000)
  })
})

/** Of sshd: runs `sftp` where SFTP is asked for, and every other command as it is. */
const sftpBy = (sftp: string): string =>
  `ForceCommand if [ "$SSH_ORIGINAL_COMMAND" = internal-sftp ]; then ${sftp}; else eval "$SSH_ORIGINAL_COMMAND"; fi`

describeUnless(NO_SSHD, 'the SFTP server of a machine', () => {
  it('takes the connection along when it dies: a new one has a new server', async () => {
    const places = ['/usr/lib/openssh', '/usr/libexec/openssh', '/usr/lib/ssh', '/usr/libexec'].map((folder) => `${folder}/sftp-server`)
    const start = `echo $$ >"$HOME/sftp.pid"; for one in ${places.join(' ')}; do [ -x $one ] && exec $one; done`
    await using sshd = await TestSshd.start(['ed25519'], sftpBy(start))
    const connection = await sshd.connect()
    const lost = new Promise<Error>((resolve) => {
      connection.onLost = resolve
    })
    const { files } = await SshMachine.on(connection, '/nowhere')
    expect(await files.kind(sshd.root)).toBe('folder')

    process.kill(Number(await readFile(join(sshd.root, 'home', 'sftp.pid'), 'utf8')), 'SIGKILL')

    expect((await lost).message).toContain('its SFTP server has ended')
    await expect(files.read('/etc/hostname', 1000)).rejects.toMatchObject({ code: 500, details: { board: 'b1', reason: 'lost' } })
  })

  it('is not waited for without end where it hangs', async () => {
    await using sshd = await TestSshd.start(['ed25519'], sftpBy('cat >/dev/null'))
    const opened = SftpFiles.open(await sshd.connect(), 300)
    await expect(opened).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('board "b1": open SFTP: its SFTP server did not answer within 300 ms: it hangs'),
    })
  })

  it('that speaks nonsense costs its connection, and nothing else', async () => {
    // The version of SFTP; then, once it is asked, an answer of 16 MB.
    const nonsense = `printf '\\000\\000\\000\\005\\002\\000\\000\\000\\003'; head -c 14 >/dev/null; printf '\\000\\377\\377\\377Hello'; cat >/dev/null`
    await using sshd = await TestSshd.start(['ed25519'], sftpBy(nonsense))
    const opened = SftpFiles.open(await sshd.connect())
    await expect(opened).rejects.toMatchObject({ code: 500, message: expect.stringContaining('its SFTP server sent what is no SFTP') })
  })
})

describeUnless(NO_SSHD, 'the Engine of a machine over SSH', () => {
  it('is asked through its socket there, many at once; what waits for an answer fails where it is given up, and with the connection', async () => {
    await using sshd = await TestSshd.start()
    const socket = join(sshd.root, 'engine.sock')
    let asked = (): void => {}
    const nextAsked = () =>
      new Promise<void>((resolve) => {
        asked = resolve
      })
    let waiting = nextAsked()
    const engine = createServer((request, response) => {
      if (request.url?.endsWith('/_ping')) response.end('OK')
      else if (request.url?.includes('/containers/')) {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"No such container: x\\u001b[31m"}')
      } else asked()
    }).listen(socket)
    await new Promise((resolve) => engine.once('listening', resolve))
    const machine = await sshd.machine(socket)
    const answers = await Promise.all(Array.from({ length: 20 }, () => machine.engine.ping()))
    expect(answers.map(String)).toEqual(Array(20).fill('OK'))
    await expect(machine.engine.getContainer('x').inspect()).rejects.toMatchObject({ statusCode: 404 })

    const why = new Error('it hangs')
    const hung = expect(machine.engine.info()).rejects.toThrow(why)
    await waiting
    machine.giveUpEngine(why)
    await hung
    expect(String(await machine.engine.ping())).toBe('OK')

    waiting = nextAsked()
    const unanswered = machine.engine.info()
    const failed = expect(unanswered).rejects.toMatchObject({ code: 500, details: { board: 'b1', reason: 'lost' } })
    await waiting
    sshd.kill()
    await failed
    await expect(machine.engine.ping()).rejects.toMatchObject({ code: 500 })
    engine.closeAllConnections()
    engine.close()
  })

  it('is not waited for when the connection goes in the middle of its answer', async () => {
    await using sshd = await TestSshd.start()
    const socket = join(sshd.root, 'engine.sock')
    let began = (): void => {}
    const begun = new Promise<void>((resolve) => {
      began = resolve
    })
    const engine = createServer((_, response) => void response.writeHead(200).write('{"ID":', () => began())).listen(socket)
    onTestFinished(() => {
      engine.closeAllConnections()
      engine.close()
    })
    const machine = await sshd.machine(socket)
    const answered = expect(machine.engine.info()).rejects.toThrow()
    await begun
    await machine.run(['true'])
    sshd.kill()
    await answered
  })

  it('is missed in words: no socket, no listener', async () => {
    await using sshd = await TestSshd.start()
    const socket = join(sshd.root, 'engine.sock')
    const machine = await sshd.machine(socket)
    const why = (): Promise<string> => machine.engine.ping().then(String, (error: Error) => error.message)
    expect(await why()).toBe(
      `SSH error: board "b1": reach its Docker Engine: there is no ${socket}: is Docker installed and its Engine running?`,
    )
    await writeFile(socket, '')
    expect(await why()).toContain('is no socket: is engine_socket right?')
    await rm(socket)
    // A socket file that outlived its server.
    await machine.run(['sh', '-c', 'python3 -c "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$1"', 'sh', socket])
    expect(await why()).toContain(`nothing listens at ${socket}: start the Engine`)
  })

  it('is missed in words where the server forbids it', async () => {
    await using strict = await TestSshd.start(['ed25519'], 'AllowStreamLocalForwarding no')
    const socket = join(strict.root, 'engine.sock')
    const engine = createServer().listen(socket)
    onTestFinished(() => void engine.close())
    await new Promise((resolve) => engine.once('listening', resolve))
    const refused = await strict.machine(socket)
    await expect(refused.engine.ping()).rejects.toThrow('AllowStreamLocalForwarding must not be no')
  })
})

describeUnless(NO_SSHD, 'a link that is cut', () => {
  it('is noticed by its silence: everything on it fails with 500; a glitch is survived', async () => {
    await using sshd = await TestSshd.start()
    const connection = await sshd.connect({ ...PATIENT, silenceMs: 3000 })
    const lost = new Promise<Error>((resolve) => {
      connection.onLost = resolve
    })
    const machine = await SshMachine.on(connection, '/nowhere')
    sshd.cut()
    const glitch = machine.run(['true'])
    sshd.heal()
    await expect(glitch).resolves.toMatchObject({ code: 0 })

    sshd.cut()
    const pending = [machine.run(['true']), machine.files.list('/'), machine.files.read('/etc/hostname', 1000)]
    const outcomes = await Promise.allSettled(pending)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 500, details: { board: 'b1', reason: 'lost' } } })
    }
    expect((await lost).message).toContain('nothing came from it for 3000 ms: its link is cut, or it is off')
  })
})
