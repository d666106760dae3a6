import { homedir } from 'node:os'
import { join } from 'node:path'

/** A path of this machine in which `~` stands for the home folder of the user that runs the manager. */
export const expandHome = (path: string): string => (path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path)
