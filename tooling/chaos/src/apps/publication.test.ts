import { expect, it } from 'vitest'
import { PublicationCheck, publicationOf } from './publication'

it('what a source publishes may have gaps, and nothing else', () => {
  const check = new PublicationCheck()
  const seen = (life: string, n: number, result: unknown = publicationOf(life, n)) => check.add(result, { life, n })

  expect([seen('a', 0), seen('a', 7), seen('b', 3), seen('a', 8)]).toEqual([undefined, undefined, undefined, undefined])
  expect(seen('a', 8)).toBe('doubled')
  expect(seen('b', 2)).toBe('overtaken')
  expect(seen('b', 4, publicationOf('b', 5))).toBe('other content')
  expect(seen('b', 9, null)).toBe('other content')
})
