import { readFileSync } from 'node:fs'
import type { ProgramImage } from './digits-inference'

/** What whoever has the boards tells the demo. */
export interface BoardsPlan {
  /** The manager's configuration. */
  cluster: { boards: { name: string }[]; [key: string]: unknown }
  image: ProgramImage
  /** The board that is cut off in the middle. */
  cutBoard: string
}

/** From the file that the environment names. @throws Error when there is none: the demo is not started by itself */
export function readPlan(environment: NodeJS.ProcessEnv = process.env): BoardsPlan {
  const file = environment.AICLUSTER_DEMO_PLAN
  if (file === undefined) throw new Error('AICLUSTER_DEMO_PLAN names no file: start this demo by "npm run demo:boards"')
  return JSON.parse(readFileSync(file, 'utf8')) as BoardsPlan
}
