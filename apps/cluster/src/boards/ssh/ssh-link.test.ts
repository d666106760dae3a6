import { describeUnless } from '@aicluster/vitest-preset/skip'
import { describe, expect, it, onTestFinished } from 'vitest'
import { boardError } from '../board-error'
import { type LinkedMachine, SshLink, type SshLinkOptions } from './ssh-link'
import type { SshMachine } from './ssh-machine'
import { NO_SSHD, PATIENT, TestSshd } from './test-sshd'

const TARGET = { board: 'b1', address: '10.0.0.9', port: 22, user: 'u', knownHosts: [] }

/** A link whose clock stands still, to a machine that is reached when we say so. */
class LinkWorld {
  readonly events: string[] = []
  readonly delays: number[] = []
  readonly link: SshLink
  tries = 0
  nowMs = 0
  #due: (() => void) | undefined
  #answer: { resolve: (linked: LinkedMachine) => void; reject: (why: unknown) => void } | undefined

  constructor(options: Partial<SshLinkOptions> = {}) {
    this.link = new SshLink({
      target: TARGET,
      engineSocket: '/engine',
      random: () => 0,
      now: () => this.nowMs,
      after: (ms, run) => {
        this.delays.push(ms)
        this.#due = run
        return () => {
          if (this.#due === run) this.#due = undefined
        }
      },
      open: () => {
        this.tries++
        return new Promise((resolve, reject) => {
          this.#answer = { resolve, reject }
        })
      },
      ...options,
    })
    this.link.onUp = () => this.events.push('up')
    this.link.onDown = (why) => this.events.push(`down: ${why.message}`)
  }

  begin(): void {
    this.link.start()
  }

  get waits(): boolean {
    return this.#due !== undefined
  }

  async timePasses(): Promise<void> {
    const due = this.#due
    this.#due = undefined
    due?.()
    await settled()
  }

  async fails(why: string, details: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.#answer?.reject(boardError('b1', 'connect', why, details))
    await settled()
  }

  /** @returns loses the connection */
  async succeeds(): Promise<() => Promise<void>> {
    const connection: LinkedMachine['connection'] = {
      lost: undefined,
      onLost: undefined,
      localAddress: '10.0.0.1',
      close: () => this.events.push('closed'),
    }
    this.#answer?.resolve({ machine: {} as SshMachine, connection })
    await settled()
    return async () => {
      connection.onLost?.(boardError('b1', 'connection', 'cut'))
      await settled()
    }
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a link', () => {
  it('connects, and gives the machine', async () => {
    const world = new LinkWorld()
    world.begin()
    await world.succeeds()
    expect(world.events).toEqual(['up'])
    await expect(world.link.machine()).resolves.toBe(world.link.connected)
    expect(world.link.localAddress).toBe('10.0.0.1')
    expect(world.link.reason).toBeUndefined()
  })

  it('tries again after a failure, more and more seldom', async () => {
    const world = new LinkWorld({ retryFirstMs: 500, retryMaxMs: 3000 })
    world.begin()
    for (let tries = 0; tries < 5; tries++) {
      await world.fails('off')
      await world.timePasses()
    }
    expect(world.delays).toEqual([500, 1000, 2000, 3000, 3000])
    expect(world.tries).toBe(6)
    await world.succeeds()
    expect(world.events).toEqual(['down: SSH error: board "b1": connect: off', 'up'])
  })

  it.each(['login-refused', 'host-key-changed'])('leaves a machine alone for minutes that keeps it out: %s', async (reason) => {
    const world = new LinkWorld({ random: () => 0.9 })
    world.begin()
    for (let tries = 0; tries < 5; tries++) {
      await world.fails('no', { reason })
      await world.timePasses()
    }
    expect(world.delays).toEqual([15_000, 60_000, 240_000, 300_000, 300_000])

    await world.fails('off', { reason: 'unreachable' })
    await world.timePasses()
    await world.fails('no', { reason })
    expect(world.delays.slice(-2)).toEqual([275, 300_000])

    world.link.retryNow()
    await world.fails('no', { reason })
    expect(world.delays.at(-1)).toBe(15_000)
  })

  it('spreads its tries: half of the delay is left to chance', async () => {
    const world = new LinkWorld({ random: () => 0.999_999 })
    world.begin()
    await world.fails('off')
    expect(world.delays[0]).toBeGreaterThanOrEqual(250)
    expect(world.delays[0]).toBeLessThan(251)
  })

  it('tells of a failure once, and of another reason again', async () => {
    const world = new LinkWorld()
    world.begin()
    for (const why of ['off', 'off', 'wrong key', 'wrong key']) {
      await world.fails(why)
      await world.timePasses()
    }
    expect(world.events).toEqual(['down: SSH error: board "b1": connect: off', 'down: SSH error: board "b1": connect: wrong key'])
  })

  it('connects again at once after a loss', async () => {
    const world = new LinkWorld()
    world.begin()
    const lose = await world.succeeds()
    world.nowMs += 5000
    await lose()
    expect(world.tries).toBe(2)
    expect(world.link.connected).toBeUndefined()
    expect(world.link.reason?.message).toContain('cut')
    await world.succeeds()
    expect(world.events).toEqual(['up', 'down: SSH error: board "b1": connection: cut', 'up'])
  })

  it('does not hurry back to a machine that lets it in only to throw it out', async () => {
    const world = new LinkWorld({ retryFirstMs: 500 })
    world.begin()
    for (let tries = 0; tries < 3; tries++) {
      const lose = await world.succeeds()
      await lose()
      await world.timePasses()
    }
    expect(world.delays).toEqual([500, 1000, 2000])
    const down = 'down: SSH error: board "b1": connection: cut'
    expect(world.events).toEqual(['up', down, 'up', down, 'up', down])
  })

  it('refuses at once with the last reason while it waits for the next try', async () => {
    const world = new LinkWorld()
    world.begin()
    await world.fails('off')
    await expect(world.link.machine()).rejects.toMatchObject({ code: 500, message: 'SSH error: board "b1": connect: off' })
  })

  it('lets callers wait a moment while it connects, then refuses', async () => {
    const world = new LinkWorld()
    world.begin()
    const early = world.link.machine()
    await world.succeeds()
    await expect(early).resolves.toBeDefined()

    const other = new LinkWorld()
    other.begin()
    const refused = expect(other.link.machine()).rejects.toMatchObject({
      code: 500,
      message: expect.stringContaining('still being connected'),
    })
    await other.timePasses()
    await refused
  })

  it('tries at once when it is told that something was mended', async () => {
    const world = new LinkWorld()
    world.begin()
    await world.fails('wrong key')
    expect(world.waits).toBe(true)
    world.link.retryNow()
    expect([world.tries, world.waits]).toEqual([2, false])
    world.link.retryNow()
    expect(world.tries).toBe(2)
  })

  it('is quiet once it is closed, even in the middle of a try', async () => {
    const world = new LinkWorld()
    world.begin()
    world.link.close()
    await world.succeeds()
    world.link.retryNow()
    expect(world.events).toEqual(['closed'])
    expect(world.tries).toBe(1)
    await expect(world.link.machine()).rejects.toMatchObject({ code: 500 })

    const other = new LinkWorld()
    other.begin()
    await other.fails('off')
    other.link.close()
    expect(other.waits).toBe(false)
  })
})

describeUnless(NO_SSHD, 'a link to a real sshd', () => {
  it('comes back when the server was killed', async () => {
    await using sshd = await TestSshd.start()
    const link = new SshLink({ target: await sshd.target(), engineSocket: '/nowhere', times: PATIENT })
    onTestFinished(() => link.close())
    const downs: string[] = []
    let up: (() => void) | undefined
    link.onDown = (why) => downs.push(why.message)
    link.onUp = () => up?.()
    const isUp = (): Promise<void> =>
      new Promise((resolve) => {
        up = resolve
      })
    const first = isUp()
    link.start()
    await first
    expect(await (await link.machine()).run(['echo', 'here'])).toMatchObject({ code: 0 })

    const again = isUp()
    sshd.kill()
    await again
    expect(downs[0]).toContain('the connection was lost')
    expect(await (await link.machine()).run(['echo', 'here'])).toMatchObject({ code: 0 })
  })
})
