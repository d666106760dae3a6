import { type Rig, rigObstacle, startOwnedRig } from '@aicluster/rig'
import type { TestProject } from 'vitest/node'

/** Boards that the files of this folder share. */
const BOARDS = 3

declare module 'vitest' {
  interface ProvidedContext {
    /** Which rigs are up, one for each worker, or why none can be. */
    sharedRigs: { subnets: string[] } | { missing: string }
  }
}

/** vitest's global setup: a rig for each file that runs at a time, gone at the end. */
export async function shareRigs(project: TestProject, count: number): Promise<() => Promise<void>> {
  const missing = await rigObstacle()
  if (missing !== undefined) {
    project.provide('sharedRigs', { missing })
    return async () => {}
  }
  const rigs: Rig[] = []
  const takeDown = async () => void (await Promise.all(rigs.map((rig) => rig.down())))
  try {
    for (let number = 0; number < count; number++) rigs.push(await startOwnedRig(BOARDS))
  } catch (error) {
    await takeDown()
    throw error
  }
  project.provide('sharedRigs', { subnets: rigs.map(({ names }) => names.subnet) })
  return takeDown
}

/** One rig: for runs in which one file at a time needs it. */
export default (project: TestProject): Promise<() => Promise<void>> => shareRigs(project, 1)
