import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { corruptImage, Rig, type RigBoard, startOwnedRig, tinyImage } from '@aicluster/rig'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../worlds/eventually'
import { rigMissing, sharedRig, worldImage } from './rig-world'

/** As another process sees it: built. */
const RIG_PACKAGE = new URL('../../tooling/rig/dist/index.js', import.meta.url).href
const RIG_PROGRAM = fileURLToPath(new URL('../../tooling/rig/dist/main.js', import.meta.url))
/** Enough for chance to be near its mean. */
const PACKETS = 200
const LONG_AGO = new Date(0)
/** A connection with a keepalive of 1 s and 3 tries. */
const NOTICED_WITHIN_MS = 5_000

describeUnless(rigMissing, 'a rig', () => {
  let rig: Rig
  let first: RigBoard
  let second: RigBoard
  const folder = mkdtempSync(join(tmpdir(), 'aicluster-rig-test-'))

  beforeAll(async () => {
    rig = await startOwnedRig(2, { diskMb: { 2: 128 } })
    first = rig.board(1)
    second = rig.board(2)
  })
  afterAll(async () => {
    await rig?.down()
    rmSync(folder, { recursive: true })
  })

  const load = async (board: RigBoard, file: string) => board.exec(['docker', 'load'], { input: await readFile(file) })
  const run = (board: RigBoard, ...words: string[]) => board.exec(['docker', 'run', '--pull=never', ...words])

  it('lives beside another, each with its own network', async () => {
    expect(rig.names.subnet).not.toBe(sharedRig().names.subnet)
    expect(await Promise.all([...rig.boards(), ...sharedRig().boards()].map((board) => board.isOn()))).toEqual(Array(5).fill(true))
  })

  it('has boards with a name, an Engine and a user of their own', async () => {
    expect((await first.ssh(['hostname'])).stdout).toBe('board1\n')
    const asUser = await second.ssh(['id', '-un', '&&', 'docker', 'info', '--format', "'{{.Name}}'"], { user: 'board' })
    expect(asUser).toMatchObject({ code: 0, stdout: 'board\nboard2\n' })
  })

  it('can be brought up again while it is up', async () => {
    const before = await first.exec(['cat', '/run/docker.pid', '/run/sshd.pid'])
    await rig.up(2)
    expect(await first.exec(['cat', '/run/docker.pid', '/run/sshd.pid'])).toEqual(before)
  })

  it('runs what was made into an image without an Engine, under the id that was said', async () => {
    const { file, tag, id } = await worldImage()
    expect(await load(first, file)).toMatchObject({ code: 0, stdout: `Loaded image: ${tag}\n` })
    expect((await first.exec(['docker', 'image', 'inspect', '--format', '{{.Id}}', tag])).stdout.trim()).toBe(id)
    const program = 'import { Connector } from "@aicluster/container-sdk"; console.log(process.version, typeof Connector.open)'
    const { stdout, stderr } = await run(first, '--rm', tag, 'node', '--input-type=module', '--eval', program)
    expect(stdout, stderr).toBe(`${process.version} function\n`)
  })

  it('has images that no Engine takes, and images for another machine', async () => {
    const tiny = await tinyImage({ label: 'to be spoiled', tag: 'spoiled:1' })
    for (const how of ['cut', 'garbled'] as const) {
      const spoiled = await corruptImage(tiny, join(folder, `${how}.tar`), how)
      expect((await load(first, spoiled)).code, how).not.toBe(0)
    }
    const other = await tinyImage({ tag: 'foreign:1', architecture: 's390x' })
    await load(first, other.file)
    const { stdout } = await first.exec(['docker', 'image', 'inspect', '--format', '{{.Architecture}}', 'foreign:1'])
    expect(stdout.trim()).toBe('s390x')
  })

  it('loses a board whose cable is pulled out, without a goodbye, and has it back when it is put in', async () => {
    const [program, ...words] = first.sshWords(['echo on; sleep 60'])
    const session = spawn(program, ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=3', ...words], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(session.stdout, 'data')
    const cutAt = performance.now()
    await first.cut()
    expect(await once(session, 'exit')).toEqual([255, null])
    expect(performance.now() - cutAt).toBeLessThan(NOTICED_WITHIN_MS)
    expect(await first.linkIsUp()).toBe(false)
    // Its console works all the same.
    expect((await first.exec(['hostname'])).stdout).toBe('board1\n')
    await first.heal()
    await eventually('its sshd', async () => /^SSH-2/.test(await greeting(first)), NOTICED_WITHIN_MS)
  })

  it('drops packets while the link looks sound', async () => {
    await first.drop()
    expect(await first.linkIsUp()).toBe(true)
    await expect(greeting(first)).rejects.toThrow('nobody answers')
    await first.undrop()
    await eventually('its sshd', async () => /^SSH-2/.test(await greeting(first)), NOTICED_WITHIN_MS)
  })

  it('starts again after a power loss, and so do its containers', async () => {
    const { file, tag } = await tinyImage()
    await load(first, file)
    await run(first, '--detach', '--name', 'stays', '--restart', 'unless-stopped', tag)
    await first.off()
    expect(await first.isOn()).toBe(false)
    await expect(first.exec(['true'])).rejects.toThrow('board 1 is off')
    await first.on()
    const running = async () => (await first.exec(['docker', 'ps', '--quiet', '--filter', 'name=stays'])).stdout !== ''
    await eventually('the container', running)
  })

  it('has a disk that can be full, whose content survives a power loss', async () => {
    const full = await second.exec(['dd', 'if=/dev/zero', 'of=/root/filler', 'bs=1M', 'count=200'])
    expect(full.stderr).toContain('No space left on device')
    await second.off()
    await second.on()
    expect((await second.exec(['test', '-s', '/root/filler'])).code).toBe(0)
    await second.exec(['rm', '/root/filler'])
  })

  it('stops and starts Engine and sshd each for itself', async () => {
    await second.stopEngine()
    expect((await second.ssh(['docker', 'ps'])).stderr).toContain('Cannot connect to the Docker daemon')
    await second.startEngine()
    expect((await second.ssh(['docker', 'ps'])).code).toBe(0)
    await second.stopSshd()
    await expect(greeting(second)).rejects.toThrow('ECONNREFUSED')
    await second.startSshd()
    expect(await greeting(second)).toMatch(/^SSH-2/)
    await second.hangSshd()
    await expect(greeting(second)).rejects.toThrow('nobody answers')
    await second.resumeSshd()
    expect(await greeting(second)).toMatch(/^SSH-2/)
  })

  it('puts a board in order whatever was done to it', async () => {
    await run(first, '--detach', 'aicluster-tiny:1')
    await first.stopEngine()
    await first.stopSshd()
    await first.rate(1)
    await first.loss(100)
    await first.drop()
    await first.cut()
    await first.restore()
    expect((await first.ssh(['docker', 'ps', '--all', '--quiet'])).stdout).toBe('')
  })

  it('is taken down by the next one when its owner was killed', async () => {
    const program = `import { startOwnedRig } from ${JSON.stringify(RIG_PACKAGE)}; console.log((await startOwnedRig(1)).names.subnet); setInterval(() => {}, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const orphan = new Rig({ subnet: String((await once(owner.stdout, 'data'))[0]).trim() })
    expect(await orphan.board(1).isOn()).toBe(true)
    owner.kill('SIGKILL')
    await once(owner, 'exit')

    const next = await startOwnedRig(1)
    await next.down()
    expect(await orphan.remains()).toEqual([])
  })

  describe('by words', () => {
    /** `npm run rig -- WORDS`, without the build before it; what it said, and its exit code. */
    async function say(...words: string[]): Promise<{ code: number | null; said: string }> {
      const program = spawn(process.execPath, [RIG_PROGRAM, '--subnet', rig.names.subnet, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [program.stdout, program.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text
        })
      const [code] = await once(program, 'close')
      return { code, said }
    }

    it('brings a further board, and those that are there stay as they are', async () => {
      const before = await first.exec(['cat', '/run/docker.pid', '/run/sshd.pid'])
      expect(await say('up', '3')).toMatchObject({ code: 0, said: expect.stringContaining(`board 3 is up at ${rig.names.address(3)}`) })
      expect(await first.exec(['cat', '/run/docker.pid', '/run/sshd.pid'])).toEqual(before)
      expect((await say('ssh', '3', 'hostname')).said).toBe('board3\n')
    })

    it('pulls cables and cuts power, and gives both back', async () => {
      expect(await say('cut', '2')).toEqual({ code: 0, said: 'rig: board 2: cut\n' })
      expect((await say('status')).said).toMatch(/board 2 .* on, link down, Engine runs\n/)
      await expect(greeting(second)).rejects.toThrow(/nobody answers|EHOSTUNREACH/)
      expect(await say('heal', '2')).toMatchObject({ code: 0 })
      await eventually('its sshd', async () => /^SSH-2/.test(await greeting(second)), NOTICED_WITHIN_MS)
      expect(await say('off', '2')).toMatchObject({ code: 0 })
      expect(await second.isOn()).toBe(false)
      expect((await say('status')).said).toMatch(/board 2 .* off, link down\n/)
      expect(await say('on', '2')).toMatchObject({ code: 0 })
      expect(await greeting(second)).toMatch(/^SSH-2/)
    })

    it('loses packets, each way', async () => {
      expect(await say('loss', '2', '30')).toEqual({ code: 0, said: 'rig: board 2: loss 30\n' })
      const socket = createSocket('udp4')
      for (let n = 0; n < PACKETS; n++) await new Promise((resolve) => socket.send('x', 9, second.address, resolve))
      socket.close()
      const send = `for n in $(seq ${PACKETS}); do echo x >/dev/udp/${rig.managerAddress}/9; done 2>/dev/null; true`
      await second.exec(['bash', '-c', send])

      const lost = await second.lostPackets()

      for (const count of [lost.in, lost.out]) {
        expect(count).toBeGreaterThan(0.15 * PACKETS)
        expect(count).toBeLessThan(0.5 * PACKETS)
      }
      expect(await say('loss', '2', '0')).toMatchObject({ code: 0 })
      await second.exec(['bash', '-c', send])
      expect(await second.lostPackets()).toEqual({ in: 0, out: 0 })
    })

    it.each([
      [['cut', '9'], 'there is no board 9'],
      [['fly', '2'], 'there is no command "fly"; --help lists them'],
      [['cut', 'two'], 'cut: the board is "two", it must be a whole number from 1 to'],
      [['loss', '2', 'much'], 'the loss is "much", it must be a whole number from 0 to 100'],
      [['rate', '2', 'fast'], 'the rate is "fast", it must be a number of Mbit/s such as 10mbit, or off'],
      [['up', '3', '--size'], "Unknown option '--size'"],
    ])('refuses %j in words', async (words, reason) => {
      const { code, said } = await say(...words)
      expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(`rig: ${reason}`) })
      expect(said.trimEnd().split('\n')).toHaveLength(1)
    })

    it('is left alone by a rig that somebody else starts, as nobody owns it', async () => {
      rmSync(join(rig.folder, 'owner'))
      utimesSync(rig.folder, LONG_AGO, LONG_AGO)
      await (await startOwnedRig(1)).down()
      expect((await say('status')).said).toMatch(/board 1 .* on, link up, Engine runs\n/)
    })

    it('takes all of it down', async () => {
      expect(await say('down')).toEqual({ code: 0, said: `rig: nothing of ${rig.names.subnet} is left\n` })
      expect(await rig.remains()).toEqual([])
    })
  })

  it('leaves nothing behind', async () => {
    await rig.down()
    expect(await rig.remains()).toEqual([])
    // Once more, and nothing happens.
    await rig.down()
  })
})

/** The first line that a board's sshd says. @throws Error when the connection is refused, or nobody answers for a second */
async function greeting({ address }: RigBoard): Promise<string> {
  const socket = connect(22, address)
  socket.setTimeout(1_000, () => socket.destroy(new Error('nobody answers')))
  try {
    const [line] = await once(socket, 'data')
    return String(line)
  } finally {
    socket.destroy()
  }
}
