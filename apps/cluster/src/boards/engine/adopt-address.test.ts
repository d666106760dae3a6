import { describe, expect, it } from 'vitest'
import { FakeEngine, SPEC } from './fake-engine'

const told = (address: string, pub = '7001') => ({ AICLUSTER_HOST_IP: address, AICLUSTER_PUB_PORT: pub, AICLUSTER_SUB_PORT: '7002' })
const SPEC_NOW = { ...SPEC, environment: told('10.0.0.1') }

/** A container that runs, made with this environment. */
const running = (environment: Record<string, string>) => ({
  'GET /containers/aicluster-digits-board1/json': {
    Id: 'abc',
    Config: {
      Env: ['MODEL=a=b', 'EMPTY=', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
      Labels: { 'io.aicluster.cluster': 'cluster1', 'io.aicluster.instance': SPEC.instance },
    },
    State: { Running: true, Restarting: false },
  },
  'GET /info': {},
  'GET /events': undefined,
})

describe('a container that runs on its Engine', () => {
  it('is adopted where it looks for the manager where that is', async () => {
    await using engine = await FakeEngine.start(running(told('10.0.0.1')))
    const board = engine.board()

    expect(await board.adopt(SPEC_NOW)).toBeDefined()

    board.close()
  })

  it.each([
    ['another address', told('10.0.0.9')],
    ['another port', told('10.0.0.1', '7009')],
    ['no address at all', {}],
  ])('is not adopted where it looks for it at %s', async (_, environment) => {
    await using engine = await FakeEngine.start(running(environment))

    expect(await engine.board().adopt(SPEC_NOW)).toBeUndefined()
  })

  it('is adopted at another address where the manager is too', async () => {
    await using engine = await FakeEngine.start(running(told('10.0.0.9')))
    const board = engine.board()

    expect(await board.adopt(SPEC_NOW, (address) => address === '10.0.0.9')).toBeDefined()

    board.close()
  })
})
