import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ALIASES, REFUSED_OPTIONS, RUN_OPTIONS } from './option-table'

const page = readFileSync(new URL('../../../../../../docs/run-options.md', import.meta.url), 'utf8')
const [free = '', escaping = '', refused = ''] = page.split(/^## .*$/m)
const optionsIn = (text: string): string[] => [...text.matchAll(/`--([a-z-]+)`/g)].map(([, name]) => name ?? '')

it('the page of run options names every option that is taken, each where it belongs', () => {
  const names = Object.keys(RUN_OPTIONS)
  expect(optionsIn(free).sort()).toEqual([...names.filter((name) => RUN_OPTIONS[name]?.escapes !== true), ...Object.keys(ALIASES)].sort())
  expect(names.filter((name) => RUN_OPTIONS[name]?.escapes).filter((name) => !optionsIn(escaping).includes(name))).toEqual([])
  for (const [name, { short }] of Object.entries(RUN_OPTIONS)) if (short) expect(page).toContain(`\`--${name}\` (\`-${short}\`)`)
})

it('the page of run options names every option that is refused', () => {
  expect(optionsIn(refused).sort()).toEqual(Object.keys(REFUSED_OPTIONS).sort())
})
