import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import * as ours from '../index'
import { AIClusterError, clusterError, ERROR_CODES, type ErrorKey, SendQueueFullError, UnknownError } from '../index'

const KEYS = Object.keys(ERROR_CODES) as ErrorKey[]
type Constructor = new (...args: never[]) => Error

const classesOf = (module: object): [string, Constructor][] =>
  Object.entries(module).filter(
    (entry): entry is [string, Constructor] =>
      typeof entry[1] === 'function' && /Error$/.test(entry[0]) && entry[1].prototype instanceof Error,
  )

const loadAnotherCopy = async (): Promise<typeof ours> => {
  vi.resetModules()
  return (await import('../index')) as typeof ours
}

describe.each(KEYS)('the error of %s', (key) => {
  const row = ERROR_CODES[key]

  it('is an instance of its own class and of AIClusterError, and of no sibling', () => {
    const error = clusterError(key)
    const matching = classesOf(ours).filter(([, errorClass]) => error instanceof errorClass)
    expect(matching.map(([name]) => name).sort()).toEqual(['AIClusterError', row.error].sort())
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe(row.error)
  })

  it('has the code of the table, and a message that begins with its text and goes on with the detail', () => {
    const holes = row.message.match(/\{\w*\}/g) ?? []
    const args = holes.map((_, index) => `given${index}`)
    const text = holes.reduce<string>((message, hole, index) => message.replace(hole, `given${index}`), row.message)
    expect(clusterError(key, { args })).toMatchObject({ code: row.code, retryable: row.retryable, message: text })
    expect(clusterError(key, { args, detail: 'what was wrong' }).message).toBe(`${text}: what was wrong`)
  })
})

describe('instanceof', () => {
  it('holds between two copies of this package, both ways, for the right classes alone', async () => {
    const theirs = await loadAnotherCopy()
    expect(theirs.AIClusterError).not.toBe(AIClusterError)
    for (const key of KEYS) {
      const [mine, other] = [clusterError(key), theirs.clusterError(key)]
      expect(other instanceof AIClusterError && mine instanceof theirs.AIClusterError).toBe(true)
      const foreign = classesOf(theirs).filter(([, errorClass]) => mine instanceof errorClass)
      expect(foreign.map(([name]) => name).sort()).toEqual(['AIClusterError', ERROR_CODES[key].error].sort())
    }
  })

  it('works for a class that a user derives: its instances are its own and its parents’, no other error is', async () => {
    class PatientError extends SendQueueFullError {
      constructor(readonly waitedMs: number) {
        super('sendQueueFull', { detail: `waited ${waitedMs} ms` })
      }
    }
    const theirs = await loadAnotherCopy()
    const error = new PatientError(5)

    expect(error).toBeInstanceOf(PatientError)
    expect(error).toBeInstanceOf(SendQueueFullError)
    expect(error).toBeInstanceOf(theirs.SendQueueFullError)
    expect(clusterError('sendQueueFull')).not.toBeInstanceOf(PatientError)
    expect(clusterError('internal')).not.toBeInstanceOf(PatientError)
    expect(error).toMatchObject({ name: 'PatientError', code: 305, message: 'Send Wait Queue Full: waited 5 ms', waitedMs: 5 })
  })

  it('is false, and does not throw, for whatever is no error of ours', () => {
    for (const value of [
      undefined,
      null,
      5,
      'x',
      {},
      new Error('x'),
      Object.create(null),
      { [Symbol.for('aicluster.error.kinds')]: 'x' },
    ]) {
      expect(value instanceof AIClusterError).toBe(false)
      expect(value instanceof SendQueueFullError).toBe(false)
    }
  })
})

describe('an error', () => {
  const cause = new Error('the disk is full')
  const error = clusterError('ssh', { detail: 'board "b1"', details: { board: 'b1' }, command: 'load_inference', requestNo: '17', cause })

  it('becomes JSON without a stack', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'SshConnectionError',
      code: 500,
      message: 'SSH error: board "b1"',
      details: { board: 'b1' },
      command: 'load_inference',
      requestNo: '17',
      cause: 'the disk is full',
    })
  })

  it('leaves out of its JSON what it does not have', () => {
    expect(clusterError('notJson').toJSON()).toEqual({
      name: 'InvalidArgumentError',
      code: 200,
      message: 'Not conform to JSON Format',
      details: {},
    })
  })

  it('prints class, whole message, code and cause', () => {
    const printed = inspect(error)
    for (const part of ['SshConnectionError', 'SSH error: board "b1"', 'code: 500', 'the disk is full']) expect(printed).toContain(part)
  })

  it('keeps a hole that nobody filled, so that the text still begins like the table', () => {
    expect(clusterError('tagChanged', { args: ['1'] }).message).toBe('Tag version has changed from 1 into {new}')
  })

  it('takes an argument as it is, whatever signs are in it', () => {
    expect(clusterError('inferenceTakesNoInput', { args: ['$&$1{}'] }).message).toBe('$&$1{} does not accept data.')
  })

  it('of class UnknownError may have any code', () => {
    expect(new UnknownError('internal', { code: 12_345 }).code).toBe(12_345)
    expect(new UnknownError().code).toBe(999)
  })
})
