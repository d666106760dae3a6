import { expect, it } from 'vitest'
import type { Machine } from '../machine'
import { ImageStore } from './image-store'

it('images are told of in printable words, whatever an Engine says of them', async () => {
  const told = [
    { Id: 'sha256:\u001b[31mx', RepoTags: ['digits:1\u0007', '<none>:<none>'], Size: 7, Created: 1e300 },
    { Id: 'sha256:y', RepoTags: null, Size: 8, Created: 1_700_000_000 },
  ]
  const machine = { engine: { listImages: async () => told } } as unknown as Machine
  expect(await new ImageStore('b1', async () => machine).list()).toEqual([
    { id: 'sha256:x', tags: ['digits:1'], size: 7, created: '1970-01-01T00:00:00.000Z' },
    { id: 'sha256:y', tags: [], size: 8, created: '2023-11-14T22:13:20.000Z' },
  ])
})
