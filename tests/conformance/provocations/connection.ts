import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AICluster, type ConnectOptions } from '@aicluster/host-sdk'
import { RawRouter } from '@aicluster/testing'
import { argumentsOf } from '../api-calls'
import { type Attempt, attempt, type Provocation } from '../provocation'
import { MutedLink } from '../stages/muted-link'
import { guarded, lostTargets } from '../stages/stages'

const SHORT_MS = 400

const connects = (options: ConnectOptions, more: Partial<Attempt> = {}): Attempt => ({
  on: AICluster,
  args: [{ connectTimeoutMs: SHORT_MS, ...options }],
  ...more,
})

/** A loopback port on which nobody listens (any more). */
async function freePort(): Promise<number> {
  const { router, endpoint } = await RawRouter.bind('tcp://127.0.0.1:0')
  router.close()
  return portOf(endpoint)
}

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1))

/** Nobody listens; somebody listens on both ports and never says a word. */
async function unreachable(): Promise<Attempt[]> {
  const silent = await Promise.all([1, 2].map(() => RawRouter.bind('tcp://127.0.0.1:0')))
  const [inferencePort, managementPort] = silent.map(({ endpoint }) => portOf(endpoint)) as [number, number]
  const host = '127.0.0.1'
  return [
    connects({ endpoint: { host, inferencePort: await freePort(), managementPort: await freePort() } }),
    connects(
      { endpoint: { host, inferencePort, managementPort } },
      { afterwards: async () => silent.forEach(({ router }) => void router.close()) },
    ),
  ]
}

/** A real manager, one of whose links falls silent after its welcome. */
async function silentAfterWelcome(muted: 'inference' | 'management'): Promise<Attempt[]> {
  const { address, token } = await whereGuarded()
  const link = await MutedLink.before(`tcp://${address.host}:${address[`${muted}Port`]}`)
  return [connects({ endpoint: { ...address, [`${muted}Port`]: link.port }, token }, { afterwards: () => link[Symbol.asyncDispose]() })]
}

async function whereGuarded() {
  const { manager, stateFolder } = await guarded.world()
  const { address: host, ports } = manager.endpoint
  if (!ports) throw new Error('the manager does not listen on TCP')
  const { token } = JSON.parse(readFileSync(join(stateFolder, 'manager.json'), 'utf8')) as { token: string }
  return { address: { host, inferencePort: ports.inference, managementPort: ports.management }, token }
}

/** Connections that never come to be, are refused, fall silent, or are gone. */
export const CONNECTION: readonly Provocation[] = [
  {
    rows: [{ code: 110, apis: ['AICluster.__init__'], when: 'the publisher or subscriber cannot connect (timeout included)' }],
    attempts: unreachable,
  },
  {
    rows: [{ code: 110, apis: ['AICluster.__init__'], when: 'the subscription failed (timeout included)' }],
    attempts: async () => {
      const { address, token } = await whereGuarded()
      return [connects({ endpoint: address, token: `${token}, but not quite` })]
    },
  },
  {
    rows: [{ code: 111, apis: ['AICluster.__init__'], when: 'the connection check of the inference port failed' }],
    attempts: () => silentAfterWelcome('inference'),
  },
  {
    rows: [{ code: 111, apis: ['AICluster.__init__'], when: 'the connection check of the management port failed' }],
    attempts: () => silentAfterWelcome('management'),
  },
  {
    rows: [{ code: 110, apis: ['AICluster.connect_aicluster'] }],
    attempts: async (row) => [attempt(row, await lostTargets(), [])],
  },
  {
    rows: [{ code: 111, when: 'no connection to the cluster is established' }],
    attempts: async (row) => [attempt(row, await lostTargets(), argumentsOf(row))],
  },
]
