import { describe, expect, it } from 'vitest'
import { ContainerHello, Hello, HostHello, Welcome } from './hello'

const common = { protocol: [1, 0], nonce: new Uint8Array(8), session_secret: new Uint8Array(16), host: 'h', pid: 1 }
const host = { ...common, role: 'host', link: 'inference' }
const container = { ...common, role: 'container', link: 'requests', instance: 'i' }

describe('a hello', () => {
  it('of an application needs no token, software or reconnect time', () => {
    expect(HostHello.parse(host)).toEqual({ ...host, token: '', software: '', reconnect_timeout_ms: 30_000 })
  })

  it('of a container needs no names: it then serves its own', () => {
    expect(ContainerHello.parse(container)).toEqual({ ...container, token: '', software: '', names: [], in_hand: [], answered: [] })
  })

  it('may have keys of a later version', () => {
    expect(Hello.safeParse({ ...host, compression: 'zstd' }).success).toBe(true)
    expect(
      Welcome.safeParse({
        protocol: [1, 7],
        epoch: 1,
        session: 1,
        limits: { max_body_bytes: 1, max_header_bytes: 1, max_parts: 1 },
        software: '',
        later: 1,
      }).success,
    ).toBe(true)
  })

  it.each([
    ['a role nobody knows', { ...host, role: 'board' }],
    ['a link of the other role', { ...host, link: 'requests' }],
    ['a secret of 15 bytes', { ...host, session_secret: new Uint8Array(15) }],
    ['a secret that is text', { ...host, session_secret: 'x'.repeat(16) }],
    ['a nonce of 9 bytes', { ...host, nonce: new Uint8Array(9) }],
    ['a version that is no pair', { ...host, protocol: [1] }],
    ['a pid below zero', { ...host, pid: -1 }],
    ['an instance that is empty', { ...container, instance: '' }],
    ['a name that is none', { ...container, names: ['a b'] }],
    ['257 names', { ...container, names: Array.from({ length: 257 }, (_, index) => `n${index}`) }],
    ['a token of 1025 characters', { ...container, token: 'x'.repeat(1025) }],
  ])('with %s is refused', (_what, hello) => {
    expect(Hello.safeParse(hello).success).toBe(false)
  })
})
