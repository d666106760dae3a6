import { describe, expect, it } from 'vitest'
import { isExposed, ListenConfig, reachesBeyond, usesCurve } from './listen-config'

const judged = (listen: object) => {
  const config = ListenConfig.parse(listen)
  return { beyond: reachesBeyond(config), curve: usesCurve(config), exposed: isExposed(config) }
}

describe('what protects the sockets', () => {
  it.each([
    ['Unix sockets: their folder', { transport: 'ipc' }, { beyond: false, curve: false, exposed: false }],
    ['loopback: that it is this machine', { transport: 'tcp' }, { beyond: false, curve: false, exposed: false }],
    ['loopback, asked for: encryption', { transport: 'tcp', curve: true }, { beyond: false, curve: true, exposed: false }],
    ['an address of the network: encryption', { transport: 'tcp', host: '10.0.0.1' }, { beyond: true, curve: true, exposed: false }],
    ['every address: encryption', { transport: 'tcp', host: '0.0.0.0' }, { beyond: true, curve: true, exposed: false }],
    [
      'where the operator says so: nothing',
      { transport: 'tcp', host: '::', insecure: true },
      { beyond: true, curve: false, exposed: true },
    ],
  ])('%s', (_, listen, expected) => {
    expect(judged(listen)).toEqual(expected)
  })
})
