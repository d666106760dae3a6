import { expect, it } from 'vitest'
import { eventually } from './eventually'

it('returns what the check returned as soon as it is content', async () => {
  let asked = 0
  expect(await eventually('the third time', () => (++asked === 3 ? 'three' : undefined))).toBe('three')
  expect(asked).toBe(3)
})

it('asks on while the check throws, and says in the end what was awaited and why it was not', async () => {
  const check = () => {
    throw new Error('not yet')
  }
  await expect(eventually('the manager answers', check, 30)).rejects.toThrow(
    'not within 30 ms: the manager answers (the last error was not yet)',
  )
  await expect(eventually('a yes', () => false, 10)).rejects.toThrow('a yes (the last answer was false)')
})
