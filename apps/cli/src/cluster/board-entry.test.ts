import { describe, expect, it } from 'vitest'
import { UsageError } from '../cli-errors'
import { boardEntryOf } from './board-entry'

const NOTHING = { env: {}, home: '/home/me', exists: () => false }
const WITH_KEY = { ...NOTHING, exists: (path: string) => path === '/home/me/.ssh/id_ecdsa' }

describe('the entry of a board that is to be added', () => {
  it('has everything that was said', () => {
    const options = { port: '2222', identityFile: '/keys/a', label: ['gpu=orin', 'rack=7=b'], advertise: '10.0.0.1' }
    expect(boardEntryOf('jetson', 'me@10.0.0.12', options, NOTHING)).toEqual({
      name: 'jetson',
      driver: 'ssh',
      address: '10.0.0.12',
      port: 2222,
      user: 'me',
      identityFile: '/keys/a',
      labels: { gpu: 'orin', rack: '7=b' },
      advertise: '10.0.0.1',
    })
  })

  it.each([
    ['me@[fe80::1]', 'me', 'fe80::1'],
    ['me@lab.example@jetson.local', 'me@lab.example', 'jetson.local'],
  ])('%s is a user and an address', (target, user, address) => {
    expect(boardEntryOf('a', target, { agent: true }, NOTHING)).toMatchObject({ user, address, agent: true })
  })

  it('takes a private key of the user where no way in is said, and an agent where there is none', () => {
    expect(boardEntryOf('a', 'me@b', {}, { ...WITH_KEY, env: { SSH_AUTH_SOCK: '/agent' } })).toMatchObject({
      identityFile: '~/.ssh/id_ecdsa',
    })
    expect(boardEntryOf('a', 'me@b', {}, { ...NOTHING, env: { SSH_AUTH_SOCK: '/agent' } })).toMatchObject({ agent: true })
  })

  it.each([
    ['no user', 'jetson', { agent: true as const }, /must be USER@HOST/],
    ['no host', 'me@', { agent: true as const }, /must be USER@HOST/],
    ['a port that is none', 'me@b', { agent: true as const, port: 'ssh' }, /--port is "ssh"/],
    ['a label without a value', 'me@b', { agent: true as const, label: ['gpu'] }, /--label is "gpu", it must be KEY=VALUE/],
    ['no way in', 'me@b', {}, /give --identity-file/],
  ])('%s is a wrong command line', (_, target, options, message) => {
    expect(() => boardEntryOf('a', target, options, NOTHING)).toThrow(message)
    expect(() => boardEntryOf('a', target, options, NOTHING)).toThrow(UsageError)
  })
})
