import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

it('docs/architecture.md lists everything that lies in the state folder', () => {
  const sources = textOf('state-folder.ts') + textOf('../keys/key-store.ts')
  const names = [...sources.matchAll(/join\((?:this\.path|stateFolder), '([^']+)'\)/g)].map(([, name]) => name as string)
  const [, section = ''] = textOf('../../../../docs/architecture.md').split('## The state folder')
  const listed = [...section.matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name.split('/')[0])

  expect(names).toContain('version.json')
  expect(names.filter((name) => !listed.includes(name))).toEqual([])
})
