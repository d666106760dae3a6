import { clusterError } from '@aicluster/protocol'
import { describe, expect, it } from 'vitest'
import { boardError } from './board-error'
import { plainCause } from './plain-cause'

const nodeError = (message: string, shape: object): Error => Object.assign(new Error(message), shape)

describe('why something on a board failed', () => {
  it.each([
    [
      nodeError('connect EHOSTUNREACH 10.0.0.9:22', { code: 'EHOSTUNREACH' }),
      'the machine cannot be reached (EHOSTUNREACH): is it on, is the address right?',
    ],
    [
      nodeError('connect ECONNREFUSED 10.0.0.9:22', { code: 'ECONNREFUSED', address: '10.0.0.9' }),
      'nothing listens there (ECONNREFUSED): is sshd running, is the port right?',
    ],
    [
      nodeError('connect ENOENT /run/x.sock', { code: 'ENOENT', address: '/run/x.sock' }),
      'there is no /run/x.sock: is Docker installed and its Engine running?',
    ],
    [
      nodeError('connect EACCES /run/x.sock', { code: 'EACCES', address: '/run/x.sock' }),
      "the manager's user may not use /run/x.sock: put it into the docker group, and start the manager again",
    ],
    [
      nodeError('connect ECONNREFUSED /run/x.sock', { code: 'ECONNREFUSED', address: '/run/x.sock' }),
      'nothing listens at /run/x.sock: start the Engine (sudo systemctl start docker)',
    ],
    [new Error('Keepalive timeout'), 'the connection was lost'],
    [new Error('No response from server'), 'the connection was lost'],
    [nodeError('aborted', { code: 'ECONNRESET' }), 'the connection was lost'],
    [
      nodeError('(HTTP code 404) no such container - No such container: x ', {
        statusCode: 404,
        json: { message: 'No such container: x' },
      }),
      'the Engine refused it (404): No such container: x',
    ],
    [
      nodeError('(HTTP code 500) server error - write /a: no space left on device', { statusCode: 500, json: null }),
      'the Engine refused it (500): the disk is full: write /a: no space left on device',
    ],
    [new Error('cp: write error: No space left on device'), 'the disk is full: cp: write error: No space left on device'],
    [nodeError('write ENOSPC', { code: 'ENOSPC' }), 'the disk is full (ENOSPC)'],
    ['a word', 'a word'],
    [undefined, 'undefined'],
    [new Error(''), 'it gave no reason'],
    [new Error('two\n\n lines\u001b[31m red\u0007'), 'two; lines red'],
  ])('is said in plain words: %s', (cause, words) => {
    expect(plainCause(cause)).toBe(words)
  })

  it('is capped', () => {
    expect(plainCause(new Error('x'.repeat(5000)))).toBe(`${'x'.repeat(1000)}…`)
  })
})

describe('an error of a board', () => {
  it('names board, what was tried and the cause', () => {
    expect(boardError('b1', 'start container "x"', new Error('no'), { container: 'x' })).toMatchObject({
      code: 500,
      message: 'SSH error: board "b1": start container "x": no',
      details: { board: 'b1', container: 'x' },
    })
  })

  it('leaves an error of ours as it is', () => {
    const ours = clusterError('invalidParameter', { detail: 'x' })
    expect(boardError('b1', 'do', ours)).toBe(ours)
  })
})
