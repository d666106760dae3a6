import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from '@aicluster/testing'
import { describe, expect, it } from 'vitest'
import { resolveEndpoints } from './connect-options'

const failure = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('where the cluster is', () => {
  it.each([
    ['ipc:///run/cluster', 'ipc:///run/cluster/inference', 'ipc:///run/cluster/management'],
    ['127.0.0.1', 'tcp://127.0.0.1:47100', 'tcp://127.0.0.1:47101'],
    ['host.lan:5000', 'tcp://host.lan:5000', 'tcp://host.lan:5001'],
    ['tcp://10.0.0.1:5000:6000', 'tcp://10.0.0.1:5000', 'tcp://10.0.0.1:6000'],
    ['[::1]:5000', 'tcp://[::1]:5000', 'tcp://[::1]:5001'],
  ])('is read from %s', (endpoint, inference, management) => {
    expect(resolveEndpoints({ endpoint }, {})).toEqual({ inference, management, token: '' })
  })

  it('may be given as an object', () => {
    expect(resolveEndpoints({ endpoint: { host: 'h', inferencePort: 1, managementPort: 9 } }, {})).toMatchObject({
      inference: 'tcp://h:1',
      management: 'tcp://h:9',
    })
  })

  it.each(['ipc://relative', 'host:0', 'host:70000', 'a b', 'host:1:2:3'])('is refused with 302 when it is %j', (endpoint) => {
    expect(failure(() => resolveEndpoints({ endpoint }, {}))).toMatchObject({ code: 302 })
  })

  it('comes from the environment, and the token with it', () => {
    const env = { AICLUSTER_ENDPOINT: '127.0.0.1:7000', AICLUSTER_TOKEN: 'secret' }
    expect(resolveEndpoints({}, env)).toEqual({ inference: 'tcp://127.0.0.1:7000', management: 'tcp://127.0.0.1:7001', token: 'secret' })
  })

  it('comes from what the manager has left in its state folder, token included', async () => {
    await using folder = await tempFolder()
    const word = { address: '127.0.0.1', ports: { inference: 7, management: 8, sub: 9, pub: 10 }, token: 't' }
    await writeFile(join(folder.path, 'manager.json'), JSON.stringify(word))
    expect(resolveEndpoints({ stateFolder: folder.path }, {})).toEqual({
      inference: 'tcp://127.0.0.1:7',
      management: 'tcp://127.0.0.1:8',
      token: 't',
    })
  })

  it('is unknown where no manager runs: 110 that names the folder and says how to start one', () => {
    expect(failure(() => resolveEndpoints({ stateFolder: '/nowhere' }, {}))).toMatchObject({
      code: 110,
      message: expect.stringMatching(/\/nowhere.*aicluster up/),
    })
  })
})
