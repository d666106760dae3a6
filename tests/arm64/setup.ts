import type { TestProject } from 'vitest/node'
import { arm64Node } from './arm64-node'
import { emulationMissing } from './emulated'

declare module 'vitest' {
  interface ProvidedContext {
    /** A Node of arm64, or why there is none. */
    arm64: { node: string } | { missing: string }
  }
}

/** vitest's global setup. */
export default async function setup(project: TestProject): Promise<void> {
  const missing = emulationMissing()
  if (missing !== undefined) return project.provide('arm64', { missing })
  const found = await arm64Node().then(
    (node) => ({ node }),
    (error: Error) => ({ missing: `npm brings no Node of arm64 (${error.message.split('\n')[0]})` }),
  )
  project.provide('arm64', found)
}
