import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Command } from '../commands/commands'
import { invalidInput, nearestKey } from './invalid-input'

describe('the nearest key', () => {
  const keys = ['max_send_num', 'send_timeout', 'name', 'To', 'From']

  it.each([
    ['max_send_nums', 'max_send_num'],
    ['MAX_SEND_NUM', 'max_send_num'],
    ['naem', 'name'],
    ['from', 'From'],
    ['to', 'To'],
  ])('to %s is %s', (key, expected) => {
    expect(nearestKey(key, keys)).toBe(expected)
  })

  it.each(['gpu_count', 'xxxxxxxxxxxxxxxxxxxxxxx'])('to %s is none of them', (key) => {
    expect(nearestKey(key, keys)).toBeUndefined()
  })

  it('is none where there are no keys', () => {
    expect(nearestKey('a', [])).toBeUndefined()
  })
})

describe('a command that the schema refuses', () => {
  const refused = (command: unknown) => {
    const parsed = Command.safeParse(command)
    if (parsed.success) throw new Error('it was accepted')
    return invalidInput('command', command, parsed.error)
  }

  it.each([
    [{ cmd: 'load_inference' }, 201, 'No Required Key: command: container_config is missing'],
    [{ cmd: 'load_inference', container_config: [] }, 302, 'Specified Param Error: command: container_config is [], it must not be empty'],
    [
      { cmd: 'load_inference', container_config: [{}], coprocessor_name: 'board1' },
      302,
      'Specified Param Error: command: coprocessor_name is "board1", it must be "all" or an array',
    ],
    [{ cmd: 'unload_inference', drain_ms: -1 }, 302, 'Specified Param Error: command: drain_ms is -1, it must be an integer of 0 or more'],
    [{ cmd: 'get_metrics', all: true }, 302, 'Specified Param Error: command: unknown key all'],
    [{ cmd: 'shutdown', stop_containers: 'no' }, 302, 'Specified Param Error: command: stop_containers is "no", it must be a boolean'],
  ])('%j', (command, code, message) => {
    expect(refused(command)).toMatchObject({ code, message })
  })
})

describe('input that a schema refuses', () => {
  it('is named by its path, through maps and lists', () => {
    const schema = z.object({ boards: z.array(z.object({ name: z.string() })) })
    const input = { boards: [{ name: 'a' }, { name: 5 }] }
    const error = invalidInput('cluster.yaml', input, schema.safeParse(input).error as z.ZodError)
    expect(error.message).toBe('Specified Param Error: cluster.yaml: boards[1].name is 5, it must be a string')
  })

  it('may be a cycle or a bigint, and is shown all the same', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const schema = z.object({ a: z.string() })
    expect(invalidInput('x', { a: cycle }, schema.safeParse({ a: cycle }).error as z.ZodError).message).toContain('a is [object Object]')
    expect(invalidInput('x', { a: 5n }, schema.safeParse({ a: 5n }).error as z.ZodError).message).toContain('a is 5, it must be a string')
  })
})
