import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BaseSequencer } from 'vitest/node'

/** A sequencer that begins with `longest`, paths from `folder`, so that none of them is left alone at the end; then as vitest has it. */
export function longestFirst(folder, longest) {
  const gone = longest.filter((path) => !existsSync(join(folder, path)))
  if (gone.length > 0)
    throw new Error(`${gone.join(', ')}: no such file in ${folder}; correct the list of the longest in its vitest.config.ts`)
  const rank = ({ moduleId }) => {
    const at = longest.indexOf(relative(folder, moduleId))
    return at < 0 ? longest.length : at
  }
  return class extends BaseSequencer {
    async sort(files) {
      return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b))
    }
  }
}
