import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BoardEntry } from '@aicluster/host-sdk'
import { UsageError } from '../cli-errors'
import { wholeNumber } from '../global-options'

/** What `boards add` takes to describe a board. */
export interface BoardEntryOptions {
  port?: string
  identityFile?: string
  agent?: string | true
  passwordFile?: string
  label?: string[]
  advertise?: string
}

/** Keys that OpenSSH looks for too, the best first. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join('.ssh', name))

/** What the way in is found out by. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  home?: string
  exists?: (path: string) => boolean
}

/**
 * The entry that `boards add NAME USER@HOST` and its options describe, as cluster.yaml would have it.
 * @throws UsageError an argument is none, or there is no way in
 */
export function boardEntryOf(name: string, target: string, options: BoardEntryOptions, surroundings: Surroundings): BoardEntry {
  const { user, address } = userAndAddress(target)
  const labels = Object.fromEntries((options.label ?? []).map(labelOf))
  return {
    name,
    driver: 'ssh',
    address,
    ...(options.port === undefined ? {} : { port: wholeNumber('--port', options.port, 1) }),
    user,
    ...wayIn(options, surroundings),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
  }
}

/** `me@10.0.0.12`; an IPv6 address may stand in brackets. The last @ counts: a user of a domain has one too. */
function userAndAddress(target: string): { user: string; address: string } {
  const at = target.lastIndexOf('@')
  const [user, address] = [target.slice(0, Math.max(0, at)), target.slice(at + 1).replace(/^\[(.*)\]$/, '$1')]
  if (user !== '' && address !== '') return { user, address }
  throw new UsageError(`${JSON.stringify(target)} must be USER@HOST, such as me@10.0.0.12; a port goes to --port`)
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError(`--label is ${JSON.stringify(text)}, it must be KEY=VALUE`)
}

function wayIn({ identityFile, agent, passwordFile }: BoardEntryOptions, { env, home = homedir(), exists = existsSync }: Surroundings) {
  const given = {
    // The manager may have been started in another folder.
    ...(identityFile === undefined ? {} : { identityFile: resolve(identityFile) }),
    ...(agent === undefined ? {} : { agent: agent === true ? true : resolve(agent) }),
    ...(passwordFile === undefined ? {} : { passwordFile: resolve(passwordFile) }),
  }
  if (Object.keys(given).length > 0) return given
  // A key outlasts the agent of this login.
  const key = DEFAULT_KEYS.find((path) => exists(join(home, path)))
  if (key !== undefined) return { identityFile: `~/${key}` }
  if (env.SSH_AUTH_SOCK) return { agent: true }
  throw new UsageError('no private key in ~/.ssh and no SSH agent: give --identity-file, --agent or --password-file')
}
