import { describe, expect, it } from 'vitest'
import { DEFAULT_PORTS, ipcEndpoint, ipcFolder, isHost, MAX_IPC_PATH_BYTES, parsePort, staysOnThisMachine, tcpEndpoint } from './endpoint'

describe('an ipc address', () => {
  it.each([
    ['ipc:///run/aicluster', '/run/aicluster'],
    ['ipc:///run/aicluster/', '/run/aicluster'],
    ['ipc:///run/aicluster///', '/run/aicluster'],
  ])('%s names the folder %s', (address, folder) => {
    expect(ipcFolder(address)).toBe(folder)
  })

  it.each(['ipc://', 'ipc://run', 'ipc://./run', 'run'])('%s is 302: no absolute folder', (address) => {
    expect(() => ipcFolder(address)).toThrow(
      expect.objectContaining({ code: 302, message: `Specified Param Error: ${address} must be ipc:// and the absolute path of a folder` }),
    )
  })

  it('may be as long as a Unix socket’s path with the longest name of ours, and no longer', () => {
    const longest = `/${'a'.repeat(MAX_IPC_PATH_BYTES - '//management'.length)}`
    expect(ipcFolder(`ipc://${longest}`)).toBe(longest)
    expect(() => ipcFolder(`ipc://${longest}a`)).toThrow(/104 bytes, a Unix socket takes 103/)
    expect(() => ipcFolder(`ipc:///${'ä'.repeat(60)}`)).toThrow(/too long/)
  })

  it('has a socket per role in it', () => {
    expect(ipcEndpoint('/run/x/', 'inference')).toBe('ipc:///run/x/inference')
    expect(ipcEndpoint('/run/x', 'sub')).toBe('ipc:///run/x/sub')
  })
})

describe('a tcp address', () => {
  it('puts IPv6 in brackets', () => {
    expect(tcpEndpoint('10.0.0.1', 47_100)).toBe('tcp://10.0.0.1:47100')
    expect(tcpEndpoint('::1', 47_100)).toBe('tcp://[::1]:47100')
  })

  it('has four ports by default', () => {
    expect(DEFAULT_PORTS).toEqual({ inference: 47_100, management: 47_101, pub: 47_102, sub: 47_103 })
  })

  it.each(['localhost', '127.0.0.1', '10.0.0.12', 'board-2.lan', '::1', 'fe80::1'])('may have the host %s', (host) => {
    expect(isHost(host)).toBe(true)
  })

  it.each(['', 'a b', 'a/b', 'tcp://a', 'a@b', '*', '-x', 'a,b'])('may not have the host %j', (host) => {
    expect(isHost(host)).toBe(false)
  })
})

describe('a port', () => {
  it.each([
    [1, 1],
    ['47100', 47_100],
    [' 65535 ', 65_535],
  ])('may be %j', (value, port) => {
    expect(parsePort(value, 'pubPort')).toBe(port)
  })

  it.each([0, 65_536, -1, 1.5, Number.NaN, '', '0', '4710x', '0x10', '123456'])('may not be %j: 302 names argument and value', (value) => {
    expect(() => parsePort(value, 'pubPort')).toThrow(
      expect.objectContaining({ code: 302, message: expect.stringMatching(/pubPort is .*, it must be a port from 1 to 65535$/) }),
    )
  })
})

describe('whether it stays on this machine', () => {
  it.each([
    ['ipc:///run/x/sub', true],
    ['tcp://127.0.0.1:47100', true],
    ['tcp://127.9.9.9:1', true],
    ['tcp://localhost:47100', true],
    ['tcp://[::1]:47100', true],
    ['tcp://10.0.0.1:47100', false],
    ['tcp://0.0.0.0:47100', false],
    ['tcp://*:47100', false],
    ['tcp://127.0.0.1.example.org:1', false],
    ['tcp://localhost.example.org:1', false],
  ])('%s: %s', (endpoint, expected) => {
    expect(staysOnThisMachine(endpoint)).toBe(expected)
  })
})
