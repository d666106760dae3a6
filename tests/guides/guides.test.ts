import { tempFolder } from '@aicluster/testing'
import { describe, it } from 'vitest'
import { guides, runGuide } from './run-guide'
import { linkWorkspacePackages } from './workspace-packages'

const GUIDE_LIMIT_MS = 240_000

describe('a guide, followed word by word on the built workspace', () => {
  it.each(guides)(
    '%s does and prints what it says',
    async (guide) => {
      await using folder = await tempFolder()
      linkWorkspacePackages(folder.path)
      await runGuide(guide, folder.path)
    },
    GUIDE_LIMIT_MS,
  )
})
