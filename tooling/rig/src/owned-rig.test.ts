import { afterEach, describe, expect, it, vi } from 'vitest'
import { startOwnedRig } from './owned-rig'

describe('a rig for one process', () => {
  afterEach(() => vi.restoreAllMocks())

  it('says that root is needed, before anything is looked for', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000)
    await expect(startOwnedRig(1)).rejects.toThrow(/^boards on one machine need (root|Linux)/)
  })
})
