import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogLevel, container_log_util as log } from './container-log-util'
import { withRequest } from './log-context'

let written: string[]

beforeEach(() => {
  written = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  log.log_setting('container')
})

const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>)

describe('container_log_util', () => {
  it('writes one JSON line: time, level, logger, code, container, message', () => {
    log.info('hello', 7)
    expect(written).toEqual([expect.stringMatching(/^\{.*\}\n$/)])
    expect(lines()[0]).toEqual({ time: expect.any(String), level: 'INFO', logger: 'container', code: 7, container: '', message: 'hello' })
  })

  it('has -1 for a code that was not given, and DEBUG as its level', () => {
    log.debug('detail')
    expect(lines()[0]).toMatchObject({ level: 'DEBUG', code: -1 })
  })

  it('writes nothing below the level that was set', () => {
    log.log_setting('mine', LogLevel.ERROR)
    log.warning('quiet')
    log.error('loud')
    log.critical('louder')
    expect(lines().map(({ level, logger }) => `${logger} ${level}`)).toEqual(['mine ERROR', 'mine CRITICAL'])
  })

  it('writes the stack of an exception', () => {
    log.exception('it broke', 3, new Error('because'))
    expect(lines()[0]).toMatchObject({ level: 'ERROR', code: 3, stack: expect.stringContaining('Error: because') })
  })

  it('adds the number of the request that is being handled', async () => {
    log.log_setting('mine')
    await withRequest(
      '42',
      async () => {
        await Promise.resolve()
        log.info('inside')
      },
      undefined,
    )
    log.info('outside')
    expect(lines()[0]).toMatchObject({ requestNo: '42' })
    expect(lines()[1]).not.toHaveProperty('requestNo')
  })
})
