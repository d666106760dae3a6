import { join } from 'node:path'
import type { ContainerSpec } from '../board'
import { TOKEN_FILE } from './container-files'

/** Where the container finds what it proves itself with. */
const TOKEN_FILE_VARIABLE = 'AICLUSTER_TOKEN_FILE'

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
  return { ...Object.fromEntries(base), ...spec.environment, ...spec.config.env, [TOKEN_FILE_VARIABLE]: join(folder, TOKEN_FILE) }
}
