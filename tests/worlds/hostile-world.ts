import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { eventually } from './eventually'
import { HostilePeer } from './hostile-peer'
import { startWorld, type World } from './world'

export const MAX_BODY = 100_000
/** Small limits, so that tests pass them without moving megabytes. */
export const HOSTILE_CONFIG = { limits: { max_body_bytes: MAX_BODY, max_header_bytes: 10_000 } }

export const SOCKETS = ['inference', 'management', 'sub', 'pub'] as const
export type SocketName = (typeof SOCKETS)[number]

/** A bare connection to one of the manager's sockets. */
export const peerAt = (world: World, socket: SocketName): HostilePeer => new HostilePeer(`${world.manager.endpoint.address}/${socket}`)

export const untilCounted = (world: World, counter: string, value: number) =>
  eventually(`${counter} to be ${value}`, async () => (await world.counter(counter)) === value)

/** What a container proves itself with: its files are the manager's, and a test may read them. */
export function identityOf(world: World, container: string): { instance: string; token: string } {
  const folder = join(world.stateFolder, 'boards', 'board1', container)
  const { instance } = JSON.parse(readFileSync(join(folder, 'process.json'), 'utf8')) as { instance: string }
  return { instance, token: readFileSync(join(folder, 'token'), 'utf8').trim() }
}

/** An application that sends one good request after another until it is stopped; then says how many were answered. */
export function keepWorking({ cluster }: World): { stop(): Promise<number> } {
  let stopped = false
  const work = async (): Promise<number> => {
    let answered = 0
    do {
      const { result } = await cluster.infer('echo', Buffer.from(`good ${answered}`), { as: 'bytes' })
      expect(Buffer.from(result as Uint8Array).toString()).toBe(`good ${answered}`)
      answered++
    } while (!stopped)
    return answered
  }
  const done = work()
  done.catch(() => {})
  return {
    stop: () => {
      stopped = true
      return done
    },
  }
}

/**
 * A world for the tests of a suite, in which an application works all the while that nothing may disturb. After each test everything is
 * at rest.
 *
 * @param config - the manager's
 */
export function useHostileWorld(config: Record<string, unknown>, use: (world: World) => void): void {
  let world: World
  let goodClient: { stop(): Promise<number> }

  beforeAll(async () => {
    world = await startWorld({ config })
    await world.load('echo', 'echo', { maxSendNum: 4 })
    await world.load('gated', 'gated')
    use(world)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  beforeEach(() => {
    goodClient = keepWorking(world)
  })
  afterEach(async () => {
    expect(await goodClient.stop()).toBeGreaterThan(0)
    await world.atRest()
    world.gates.closeAll()
  })
}
