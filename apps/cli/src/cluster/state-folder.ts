import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** The manager's state folder: the given one, else where the manager and the SDK look by themselves. */
export const stateFolder = (given: string | undefined, env: Environment): string =>
  resolve(given || env.AICLUSTER_STATE || join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'aicluster'))
