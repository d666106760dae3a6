import { expect, it } from 'vitest'
import { FakeEngine } from './fake-engine'
import { probeGpus } from './gpu-access'

it.each([
  ['a file', 'file', 'requests'],
  ['a link to one', 'other', 'requests'],
  ['a folder', 'folder', undefined],
  ['not there', undefined, undefined],
] as const)('an Engine gives GPUs by request where its hook is %s', async (_, kind, access) => {
  await using engine = await FakeEngine.start({ 'GET /info': { Runtimes: { runc: {} } } })
  const files = { ...engine.machine.files, kind: async () => kind }

  expect(await probeGpus({ ...engine.machine, files })).toEqual({ access, runtimes: ['runc'] })
})
