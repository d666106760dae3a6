import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { resolveConnectorOptions } from './connector-options'

const ENVIRONMENT = { AICLUSTER_SUB_NAME: 'digits', AICLUSTER_HOST_IP: 'ipc:///run/cluster', AICLUSTER_INSTANCE: 'i1' }

const failure = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('the options of a Connector', () => {
  it('come from the environment that the cluster gives a container', () => {
    expect(resolveConnectorOptions({}, ENVIRONMENT)).toMatchObject({
      subName: 'digits',
      names: ['digits'],
      requestsEndpoint: 'ipc:///run/cluster/sub',
      answersEndpoint: 'ipc:///run/cluster/pub',
      instance: 'i1',
      token: '',
      orphanTimeoutMs: 20_000,
    })
  })

  it('given in the call win over the environment; ports may be text', () => {
    const options = { subName: 'other', hostIp: '10.0.0.1', pubPort: '5001', subPort: 5002 }
    expect(resolveConnectorOptions(options, ENVIRONMENT)).toMatchObject({
      subName: 'other',
      requestsEndpoint: 'tcp://10.0.0.1:5002',
      answersEndpoint: 'tcp://10.0.0.1:5001',
    })
  })

  it('serve the further names of the modules, each once', () => {
    const modules = [{ sub_inference_name: '' }, { sub_inference_name: 'more' }, { sub_inference_name: 'more' }]
    const { names } = resolveConnectorOptions({}, { ...ENVIRONMENT, AICLUSTER_MODULES: JSON.stringify(modules) })
    expect(names).toEqual(['digits', 'more'])
  })

  it.each([
    ['subName', { AICLUSTER_SUB_NAME: '' }, {}],
    ['hostIp', { AICLUSTER_HOST_IP: '' }, {}],
    ['pubPort', { AICLUSTER_HOST_IP: '10.0.0.1' }, { subPort: 1 }],
    ['subPort', { AICLUSTER_HOST_IP: '10.0.0.1' }, { pubPort: 1 }],
  ])('are 100 naming %s when it is in neither', (argument, env, options) => {
    expect(failure(() => resolveConnectorOptions(options, { ...ENVIRONMENT, ...env }))).toMatchObject({
      code: 100,
      message: expect.stringContaining(`argument ${argument} is required`),
    })
  })

  it('say who sets what is missing', () => {
    expect(failure(() => resolveConnectorOptions({}, {}))).toMatchObject({ message: expect.stringContaining('aicluster load') })
  })

  it.each([
    ['connectTimeoutMs', { connectTimeoutMs: '5' as never }],
    ['orphanTimeoutMs', { orphanTimeoutMs: -1 }],
    ['subName', { subName: 'a b' }],
    ['hostIp', { hostIp: 'ipc://relative' }],
    ['hostIp', { hostIp: 'a;b' }],
    ['pubPort', { hostIp: '10.0.0.1', subPort: 1, pubPort: 'x' }],
  ])('are 100 naming %s when it is invalid', (argument, options) => {
    expect(failure(() => resolveConnectorOptions(options, ENVIRONMENT))).toMatchObject({ code: 100, details: { argument } })
  })

  it('read the token from its file, without the white space around it', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'token')
    await writeFile(path, 'secret\n')
    expect(resolveConnectorOptions({}, { ...ENVIRONMENT, AICLUSTER_TOKEN_FILE: path }).token).toBe('secret')
  })

  it('say which token file cannot be read', () => {
    expect(failure(() => resolveConnectorOptions({}, { ...ENVIRONMENT, AICLUSTER_TOKEN_FILE: '/nowhere/token' }))).toMatchObject({
      code: 100,
      message: expect.stringContaining('/nowhere/token cannot be read (ENOENT)'),
    })
  })
})
