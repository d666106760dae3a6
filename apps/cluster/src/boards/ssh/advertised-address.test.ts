import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { advertisedAddress, isAdvertisedToo } from './advertised-address'

it.each([
  ['what the board is configured with', '192.168.1.5', '10.0.0.1', '10.77.0.1', '192.168.1.5'],
  ['the one address on which the manager listens', undefined, '10.0.0.1', '10.77.0.1', '10.0.0.1'],
  ['our own on the connection where it listens on all', undefined, '127.0.0.1', '10.77.0.1', '10.77.0.1'],
  ['our own on the connection where it listens on all of IPv6', undefined, '::', '10.77.0.1', '10.77.0.1'],
  ['our own on the connection where it listens on a name', undefined, 'manager.local', '10.77.0.1', '10.77.0.1'],
])('containers are told %s', (_, configured, listening, local, address) => {
  expect(advertisedAddress(configured, listening, local)).toBe(address)
})

it('containers that were told another address of this machine reach the manager as well, but where one is prescribed', () => {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const outer = own.find(({ internal }) => !internal)?.address
  if (outer !== undefined) expect(isAdvertisedToo(outer, undefined, '127.0.0.1')).toBe(true)
  if (outer !== undefined) expect(isAdvertisedToo(outer, undefined, '10.0.0.1')).toBe(false)
  if (outer !== undefined) expect(isAdvertisedToo(outer, '192.168.1.5', '127.0.0.1')).toBe(false)
  expect(isAdvertisedToo('203.0.113.7', undefined, '127.0.0.1')).toBe(false)
  expect(isAdvertisedToo('127.0.0.1', undefined, '127.0.0.1')).toBe(false)
})
