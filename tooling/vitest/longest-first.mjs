import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BaseSequencer } from 'vitest/node'

/** See the types beside this file. */
export function longestFirst(folder, { longest, midway }) {
  const gone = [...longest, ...midway].filter((path) => !existsSync(join(folder, path)))
  if (gone.length > 0) throw new Error(`${gone.join(', ')}: no such file in ${folder}; correct the lists in its vitest.config.ts`)

  return class extends BaseSequencer {
    async sort(files) {
      const sorted = await super.sort(files)
      const named = (paths) => paths.flatMap((path) => sorted.filter(({ moduleId }) => relative(folder, moduleId) === path))
      const [first, middle] = [named(longest), named(midway)]
      const others = sorted.filter((file) => !first.includes(file) && !middle.includes(file))
      const third = Math.floor(others.length / 3)
      return [...first, ...others.slice(0, third), ...middle, ...others.slice(third)]
    }
  }
}
