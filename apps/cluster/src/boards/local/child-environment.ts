import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerSpec } from '../board'
import { CURVE_FILE, TOKEN_FILE } from './container-files'

/** Where the container finds what it proves itself with. */
const TOKEN_FILE_VARIABLE = 'AICLUSTER_TOKEN_FILE'
const CURVE_FILE_VARIABLE = 'AICLUSTER_CURVE_FILE'

/** The entry of its environment that tells a container's program from all others. */
export const tokenVariable = (folder: string): string => `${TOKEN_FILE_VARIABLE}=${join(folder, TOKEN_FILE)}`

/** What a program needs of the machine. Everything else in the manager's environment, secrets among it, stays there. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]

const isInherited = (name: string): boolean => INHERITED.includes(name) || name.startsWith('LC_')

/** A container's whole environment: a few of the manager's variables, the Connector's, the config's `env`; the later wins. */
export function childEnvironment(spec: ContainerSpec, folder: string, ours: NodeJS.ProcessEnv): Record<string, string> {
  const base = Object.entries(ours).filter((entry): entry is [string, string] => isInherited(entry[0]) && entry[1] !== undefined)
  // Also of an adopted container, whose keys nobody but itself has.
  const curveFile = join(folder, CURVE_FILE)
  return {
    ...Object.fromEntries(base),
    ...spec.environment,
    ...spec.config.env,
    [TOKEN_FILE_VARIABLE]: join(folder, TOKEN_FILE),
    ...(existsSync(curveFile) ? { [CURVE_FILE_VARIABLE]: curveFile } : {}),
  }
}
