import type { ContainerConfig } from '@aicluster/host-sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from './world'

describe('a load of something wrong', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  afterEach(async () => {
    // Whatever was wrong: nothing is registered, nothing is on disk, nothing runs.
    expect(await world.cluster.getContainerHandler()).toEqual([])
    expect(world.inferenceFiles).toEqual([])
    expect(world.containerProcesses).toEqual([])
    await world.atRest()
  })

  const good = (more: object = {}): ContainerConfig => ({ ...world.config('echo', 'bad'), ...more }) as ContainerConfig
  const load = (config: unknown, boards: string | string[] = 'all') => world.cluster.loadInference(config as ContainerConfig, boards)

  const without = (key: keyof ContainerConfig) => {
    const { [key]: _left, ...rest } = good()
    return rest
  }

  it('without a name is 201', async () => {
    await expect(load(without('name'))).rejects.toMatchObject({ code: 201, message: expect.stringContaining('name is missing') })
  })

  it('without a command for a plain process is 201', async () => {
    await expect(load(without('runCommand'))).rejects.toMatchObject({ code: 201, message: expect.stringContaining('run_command') })
  })

  it('with an unknown key is 302 and names the nearest known one', async () => {
    await expect(load(good({ maxSendNun: 3 }))).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(/container config "bad": unknown key max_send_nun, did you mean max_send_num\?/),
    })
  })

  it.each([
    [{ maxSendNum: 0 }, 'max_send_num is 0'],
    [{ maxSendNum: '4' }, 'max_send_num is "4"'],
    [{ maxSendNum: 1.5 }, 'max_send_num is 1.5'],
    [{ sendTimeout: -1 }, 'send_timeout is -1'],
    [{ sendTimeout: 'forever' }, 'send_timeout is "forever"'],
    [{ waitQueueTimeout: 2 ** 31 }, 'wait_queue_timeout is 2147483648'],
    [{ implementationType: 'loop' }, 'implementation_type is "loop"'],
    [{ input: 'main' }, 'input is "main"'],
    [{ forceUpdate: 'yes' }, 'force_update is "yes"'],
    [{ name: '../up' }, 'name is "../up"'],
    [{ name: 'x'.repeat(129) }, 'name is "xxx'],
    [{ env: { AICLUSTER_INSTANCE: 'me' } }, 'env'],
    [{ inferenceModules: [{ subInferenceName: 5 }] }, 'inference_modules[0].sub_inference_name is 5'],
    [{ inferenceModules: [{ subInferenceName: 'bad' }] }, 'inference_modules'],
    [{ runCommand: 'node "unclosed' }, 'run_command'],
    [{ imagePath: '/images' }, 'image_path'],
    [{ copy: { To: '/etc', From: '/etc/hostname' } }, 'copy[0].To'],
    [{ copy: { To: '../up', From: '/etc/hostname' } }, 'copy[0].To'],
    [{ scriptPath: 'relative/folder' }, 'script_path'],
  ])('with %o is 302 and names field and value', async (wrong, named) => {
    await expect(load(good(wrong))).rejects.toMatchObject({
      code: 302,
      name: 'InvalidArgumentError',
      message: expect.stringContaining(named),
    })
  })

  it.each([
    [{ runCommand: 'node x.mjs' }, 'run_command is "node x.mjs"'],
    [{ scriptPath: '/scripts' }, 'script_path is "/scripts"'],
    [{ runOption: '--cpus 1' }, 'run_option is "--cpus 1"'],
    [{ copy: { To: 'x', From: '/etc/hostname' } }, 'copy is {'],
    [{ env: { KEY: 'confidential' } }, 'env is ["KEY"]'],
  ])('of a Loop with %o is 302: it runs no program', async (wrong, named) => {
    await expect(load({ name: 'bad', implementationType: 'Loop', ...wrong })).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining(`container config "bad": ${named}`),
    })
  })

  it('with a script folder that does not exist is 301', async () => {
    await expect(load(good({ scriptPath: '/nowhere/at/all' }))).rejects.toMatchObject({
      code: 301,
      message: expect.stringContaining('/nowhere/at/all'),
    })
  })

  it.each(['docker', 'nvidia'] as const)('of type %s on a local board is 302 and names board and type', async (implementationType) => {
    await expect(load({ name: 'bad', implementationType, imagePath: '/i', imageFilename: 'i.tar' })).rejects.toMatchObject({
      code: 302,
      message: expect.stringMatching(new RegExp(`board "board1".*implementation_type "${implementationType}"`)),
    })
  })

  it('without a type is docker, and so 302 on a local board too', async () => {
    await expect(load({ name: 'bad' }, 'board2')).rejects.toMatchObject({ code: 302, message: expect.stringContaining('board "board2"') })
  })

  it('on an unknown board is 304 and lists those there are', async () => {
    await expect(load(good(), 'board7')).rejects.toMatchObject({
      code: 304,
      message: expect.stringMatching(/board7.*board1, board2/),
    })
  })

  it("on 'all' inside a list is 302", async () => {
    await expect(load(good(), ['board1', 'all'])).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('"all" stands alone'),
    })
  })

  it('of the same name twice in one call is 302, also when only the case differs', async () => {
    const configs = [good(), good({ name: 'BAD' })]

    await expect(world.cluster.loadInference(configs, 'board1')).rejects.toMatchObject({
      code: 302,
      message: expect.stringContaining('"BAD"'),
    })
  })

  it('takes back the good configs of the same call', async () => {
    const configs = [good({ name: 'good' }), world.config('crash', 'bad', { runCommand: ['/nowhere/at/all'] })]

    await expect(world.cluster.loadInference(configs, 'board1')).rejects.toMatchObject({ code: 311 })

    await expect(world.cluster.infer('good', Uint8Array.of(1))).rejects.toMatchObject({ code: 400 })
  })
})
