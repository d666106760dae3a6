import { rigObstacle, startOwnedRig } from '@aicluster/rig'
import type { TestProject } from 'vitest/node'

/** Boards that all files of this folder share. */
const BOARDS = 3

declare module 'vitest' {
  interface ProvidedContext {
    /** Which rig is up, or why none can be. */
    sharedRig: { subnet: string } | { missing: string }
  }
}

/** vitest's global setup: one rig for all files of this folder, gone at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = await rigObstacle()
  if (missing !== undefined) {
    project.provide('sharedRig', { missing })
    return async () => {}
  }
  const rig = await startOwnedRig(BOARDS)
  project.provide('sharedRig', { subnet: rig.names.subnet })
  return () => rig.down()
}
