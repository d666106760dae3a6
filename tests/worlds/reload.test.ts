import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world'

const BODY = Uint8Array.of(1)

describe('loading a name that is registered', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterEach(() => world.settle())
  afterAll(() => world[Symbol.asyncDispose]())

  const file = (name: string) => JSON.parse(readFileSync(join(world.stateFolder, 'inferences', `${name}.json`), 'utf8'))

  it('with the same config changes nothing and gives the same handlers', async () => {
    const config = { maxSendNum: 3, imageTag: null, env: { A: '1', B: '2' } }
    const first = await world.load('echo', 'same', config)
    const pids = await world.pids()

    // The order of keys does not count.
    const second = await world.load('echo', 'same', { ...config, env: { B: '2', A: '1' } })

    expect(second).toEqual(first)
    expect(await world.pids()).toEqual(pids)
    expect(world.inferenceFiles).toEqual(['same.json'])
  })

  it.each([
    [{ maxSendNum: 5 }, 'max_send_num is 5, but it is registered with 3'],
    [{ queueLimit: 7 }, 'queue_limit is 7, but it is registered with null'],
    [{ runCommand: 'true' }, 'run_command is "true"'],
    [{ inferenceModules: { subInferenceName: 'more' } }, 'inference_modules'],
  ])('with %o is 302 and names the field with both values', async (changed, message) => {
    await world.load('echo', 'other', { maxSendNum: 3 })
    const pids = await world.pids()
    const before = file('other')

    await expect(world.load('echo', 'other', { maxSendNum: 3, ...changed })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining(message),
    })

    expect(await world.pids()).toEqual(pids)
    expect(file('other')).toEqual(before)
  })

  it('with another version label is 203 and tells both', async () => {
    const tagged = (model: string, image: string) => ({
      imageTag: image,
      inferenceModules: [{ subInferenceName: 'sub', modelTag: model, scriptTag: 's1' }],
    })
    await world.load('echo', 'tagged', tagged('m1', 'i1'))

    await expect(world.load('echo', 'tagged', tagged('m2', 'i1'))).rejects.toMatchObject({
      code: 203,
      message: expect.stringMatching(/Tag version has changed from m1 into m2.*model_tag/),
    })
    await expect(world.load('echo', 'tagged', tagged('m1', 'i2'))).rejects.toMatchObject({
      code: 203,
      message: expect.stringMatching(/from i1 into i2.*image_tag/),
    })
  })

  it('with forceUpdate replaces it: other program, other config, same container name', async () => {
    await world.load('echo', 'forced', { maxSendNum: 1, inferenceModules: { subInferenceName: 'gone' } })
    const { 'forced-board1': oldPid } = await world.pids()

    const handlers = await world.load('gated', 'forced', { maxSendNum: 4, forceUpdate: true })

    expect(handlers).toMatchObject([{ suffixName: 'forced-board1', maxSendNum: 4 }])
    const { 'forced-board1': newPid } = await world.pids()
    expect(newPid).not.toBe(oldPid)
    expect(world.containerProcesses).toEqual([newPid])
    expect(await world.credits('forced')).toEqual({ free: 4, inFlight: 0 })
    await expect(world.cluster.infer('gone', BODY)).rejects.toMatchObject({ code: 400 })
    expect(file('forced').config).not.toHaveProperty('force_update')
    // What was replaced is what counts from now on.
    await expect(world.load('gated', 'forced', { maxSendNum: 4 })).resolves.toEqual(handlers)
  })

  it('with forceUpdate while a request is in process is 303, and nothing changes', async () => {
    await world.load('gated', 'busy')
    const pids = await world.pids()
    const held = world.cluster.infer('busy', BODY)
    await world.until('busy', { held: 1 })

    await expect(world.load('gated', 'busy', { maxSendNum: 2, forceUpdate: true })).rejects.toMatchObject({
      code: 303,
      message: expect.stringContaining('busy'),
    })

    expect(await world.pids()).toEqual(pids)
    world.gates.openAll()
    await expect(held).resolves.toMatchObject({ result: { container: 'busy-board1' } })
    expect(await world.cluster.getContainerHandler('busy')).toMatchObject([{ maxSendNum: 1 }])
  })

  it('with forceUpdate to a program that does not start is 311, and what was there runs again', async () => {
    await world.load('echo', 'back', { maxSendNum: 2 })

    await expect(world.load('echo', 'back', { forceUpdate: true, runCommand: ['/nowhere/program'] })).rejects.toMatchObject({ code: 311 })

    expect(await world.cluster.getContainerHandler('back')).toMatchObject([{ suffixName: 'back-board1', maxSendNum: 2 }])
    await expect(world.cluster.infer('back', BODY)).resolves.toMatchObject({ result: { container: 'back-board1' } })
  })

  it('in another case is 302 and names the registered one', async () => {
    await world.load('echo', 'digits')

    await expect(world.load('echo', 'Digits')).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/"Digits".*differs from the registered digits by case alone/),
    })
    expect(world.inferenceFiles).toEqual(['digits.json'])
  })

  it('as a module of another config, in another case, is 302 too', async () => {
    await world.load('echo', 'digits')

    await expect(world.load('echo', 'more', { inferenceModules: { subInferenceName: 'DIGITS' } })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('DIGITS'),
    })
  })

  it.each([
    ['the same name', 'twin', 'twin'],
    ['names that differ by case', 'twin', 'TWIN'],
  ])('twice at once with %s is 309 for one of them', async (_what, one, another) => {
    const outcomes = await Promise.allSettled([world.load('echo', one), world.load('echo', another)])

    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(failed.map(({ reason }) => reason)).toMatchObject([
      { code: 309, name: 'ApiConflictError', message: expect.stringMatching(/twin/i) },
    ])
    expect(await world.cluster.getContainerHandler()).toHaveLength(1)
  })

  it('twice at once under different names is no conflict', async () => {
    await Promise.all([world.load('echo', 'one'), world.load('echo', 'another')])

    expect((await world.cluster.getContainerHandler()).map(({ name }) => name).sort()).toEqual(['another', 'one'])
  })
})
