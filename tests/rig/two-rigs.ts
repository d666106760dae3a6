import type { TestProject } from 'vitest/node'
import { shareRigs } from './shared-rig'

/** vitest's global setup for two files at a time. */
export default (project: TestProject): Promise<() => Promise<void>> => shareRigs(project, 2)
