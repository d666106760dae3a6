import { expect, it } from 'vitest'
import { logLineParts } from './log-line'

const text = (line: object): string | undefined =>
  logLineParts(JSON.stringify(line))
    ?.map(([part]) => part)
    .filter((part) => part !== '')
    .join(' ')

const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime()

it('a log line becomes time, level, message and fields', () => {
  expect(text({ level: 40, time, thread: 'data', msg: 'container exited', board: 'b1', code: 3, signal: null })).toBe(
    '03:04:05.006 WARN  container exited board=b1 code=3 signal=null',
  )
})

it('an error is its name, code and message, without its stack', () => {
  expect(text({ level: 50, time, msg: 'failed', err: { type: 'SshConnectionError', code: 500, message: 'no route', stack: 'at x' } })).toBe(
    '03:04:05.006 ERROR failed SshConnectionError [500]: no route',
  )
})

it('a value with spaces or quotes is quoted', () => {
  expect(text({ level: 30, time, msg: '', what: 'a b', path: '/x' })).toBe('03:04:05.006 INFO  what="a b" path=/x')
})

it.each(['', 'Error: boom', '    at x (y.js:1:2)', '{"level":30}', '{"level":30', '[1]'])('%j is no log line', (line) => {
  expect(logLineParts(line)).toBeUndefined()
})
