import { expect, it } from 'vitest'
import { hintFor } from './hints'

it.each([
  ['unload', 303, /^--drain MS/],
  ['reload', 303, /start-then-kill/],
  ['load', 303, /start-then-kill/],
  ['put', 303, /^wait for them/],
  ['boards rm', 303, /^--force/],
  ['queue rm', 308, /^--force/],
  ['unload', 500, /boards check.*--force/],
  ['boards rm', 500, /boards check.*--force/],
  ['images', 500, /boards check/],
  ['load', 203, /^--force/],
])('after %s, %i has a hint for this command', (command, code, hint) => {
  expect(hintFor({ code, message: '' }, command)).toMatch(hint)
})

it('a changed config has a hint, another 302 has none', () => {
  const message = 'a: run_command is "a", but it is registered with "b"; unload it first, or set force_update'
  expect(hintFor({ code: 302, message }, 'load')).toMatch(/^--force/)
  expect(hintFor({ code: 302, message: 'a: max_send_num is 0' }, 'load')).toBeUndefined()
})

it('what says itself what is wrong with a board needs no hint to ask', () => {
  expect(hintFor({ code: 500, message: '' }, 'boards add')).toBeUndefined()
})
