import { type AICluster, ContainerNotFoundError, SshConnectionError } from '@aicluster/host-sdk'
import { describe, expect, it } from 'vitest'
import { takeSnapshot } from './snapshot'

/** A cluster whose containers cannot be asked. */
const clusterThatSays = (error: Error): AICluster =>
  ({
    getMetrics: async () => ({ credits: [{ suffixName: 'a-b1', connected: true, inFlight: 2 }] }),
    getCoprocessorHandler: async () => [{ name: 'b1', state: 'down' }],
    getContainerStatus: async () => Promise.reject(error),
    getContainerHandler: async () => ['a-b1', 'a-b2'].map((suffixName) => ({ name: 'a', suffixName, maxSendNum: 4 })),
  }) as unknown as AICluster

describe('a snapshot', () => {
  it('shows what the manager knows where no board can be reached', async () => {
    const { boards, containers } = await takeSnapshot(clusterThatSays(new SshConnectionError('ssh', { detail: 'board "b1": it is off' })))
    expect(boards).toMatchObject([{ name: 'b1', state: 'down' }])
    expect(containers).toMatchObject([
      { suffixName: 'a-b1', status: 'unreachable', connectStatus: 'connected', operate: 'Busy', sendDataNum: 2, maxSendNum: 4 },
      { suffixName: 'a-b2', status: 'unreachable', connectStatus: 'disconnected', operate: 'Unknown', sendDataNum: 0 },
    ])
  })

  it('rejects with everything else', async () => {
    const cluster = clusterThatSays(new ContainerNotFoundError('containerNotFound'))
    await expect(takeSnapshot(cluster)).rejects.toMatchObject({ code: 307 })
  })
})
