import { expect, it } from 'vitest'
import { advertisedAddress } from './advertised-address'

it.each([
  ['what the board is configured with', '192.168.1.5', '10.0.0.1', '10.77.0.1', '192.168.1.5'],
  ['the one address on which the manager listens', undefined, '10.0.0.1', '10.77.0.1', '10.0.0.1'],
  ['our own on the connection where it listens on all', undefined, '127.0.0.1', '10.77.0.1', '10.77.0.1'],
  ['our own on the connection where it listens on all of IPv6', undefined, '::', '10.77.0.1', '10.77.0.1'],
  ['our own on the connection where it listens on a name', undefined, 'manager.local', '10.77.0.1', '10.77.0.1'],
])('containers are told %s', (_, configured, listening, local, address) => {
  expect(advertisedAddress(configured, listening, local)).toBe(address)
})
