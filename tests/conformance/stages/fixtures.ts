import type { ContainerConfig, ContainerHandler } from '@aicluster/host-sdk'
import { main } from './stages'

const BODY = Uint8Array.of(1)

/** An inference with one request in a container's hands, until the stage ends. */
export const busyInference = (): Promise<string> => heldInference('busy')

/** An inference with a full queue, in which somebody else's request waits. */
export const fullInference = (): Promise<string> =>
  main.once('an inference with a full queue', async () => {
    const name = await heldInference('full', { queueLimit: 1 })
    const world = await main.world()
    const other = await world.connect()
    settleSomehow(other.infer(name, BODY))
    await world.until(name, { held: 1, waiting: 1 })
    return name
  })

/** An inference in whose queue a request waits 30 ms, and no credit is free. */
export const stuckInference = (): Promise<string> => heldInference('stuck', { sendTimeout: 30 })

/** An inference whose names another command works on, until the stage ends: it waits for a request to finish. */
export const lockedInference = (): Promise<string> =>
  main.once('an inference that a command works on', async () => {
    const name = await heldInference('locked')
    const { cluster } = await main.world()
    const drain = cluster.unloadInference({ inferenceName: name, drainMs: 600_000 })
    settleSomehow(drain)
    return name
  })

/** The handler of a container that was unloaded. */
export const staleHandler = (): Promise<ContainerHandler> =>
  main.once('a container that was unloaded', async () => {
    const { cluster } = await main.world()
    const [handler] = await cluster.loadInference({ name: 'unloaded', implementationType: 'Loop' }, 'board1')
    await cluster.unloadInference({ inferenceName: 'unloaded' })
    return handler as ContainerHandler
  })

/** One of our programs, loaded once on the main stage. */
export const loaded = (...args: Parameters<Awaited<ReturnType<typeof main.world>>['load']>): Promise<string> =>
  main.once(`the inference ${args[1]}`, async () => {
    await (await main.world()).load(...args)
    return args[1]
  })

/** A program that holds its only request. */
const heldInference = (name: string, config: Partial<ContainerConfig> = {}): Promise<string> =>
  main.once(`the held inference ${name}`, async () => {
    const world = await main.world()
    await world.load('gated', name, config)
    settleSomehow(world.cluster.infer(name, BODY))
    await world.until(name, { held: 1 })
    return name
  })

/** Its outcome is of no interest: it comes when the stage ends. */
const settleSomehow = (promise: Promise<unknown>): void => void promise.catch(() => {})
