import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ServerHostKeyAlgorithm } from 'ssh2'
import { fingerprintOf, keyType } from './fingerprint'
import { hostName, type KnownKeys, knownHostLine, knownKeysOf, withoutHost } from './known-hosts'
import { Slots } from './slots'
import type { SshTarget } from './ssh-target'

/** Why a host key is refused. */
export type HostKeyRefusal = 'host-key-unknown' | 'host-key-changed' | 'host-key-revoked'

/** What a host may show: known keys, or one fingerprint. */
export interface HostKeyRule extends KnownKeys {
  fingerprint: string | undefined
}

/** Signature algorithms for each type of key; those with SHA-1 are left out. */
const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** Types of host keys that can be checked, the best first. */
const HOST_KEY_TYPES = Object.keys(ALGORITHMS)

/** The rule for a host, from its fingerprint or its known hosts files. */
export async function hostKeyRule(target: SshTarget): Promise<HostKeyRule> {
  if (target.fingerprint !== undefined) return { fingerprint: target.fingerprint, accepted: [], revoked: [] }
  const texts = await Promise.all(target.knownHosts.map(readKnownHosts))
  const known = texts.map((text) => knownKeysOf(text, target.address, target.port))
  // The first file that knows the host decides: a key that was accepted there takes the place of an older one elsewhere.
  const accepted = known.find((keys) => keys.accepted.length > 0)?.accepted ?? []
  return { fingerprint: undefined, accepted, revoked: known.flatMap((keys) => keys.revoked) }
}

async function readKnownHosts(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new Error(`known hosts file ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Algorithms to ask for: those of the keys that we know first, or the host might show one that we do not. */
export function hostKeyAlgorithms(rule: HostKeyRule, without: readonly string[] = []): ServerHostKeyAlgorithm[] {
  const known = new Set(rule.accepted.map(({ type }) => type))
  const types = HOST_KEY_TYPES.filter((type) => !without.includes(type))
  const ordered = [...types.filter((type) => known.has(type)), ...types.filter((type) => !known.has(type))]
  return ordered.flatMap((type) => ALGORITHMS[type] ?? [])
}

/** Undefined: the key is accepted. */
export function refusalOf(rule: HostKeyRule, key: Buffer): HostKeyRefusal | undefined {
  if (rule.revoked.some((revoked) => revoked.equals(key))) return 'host-key-revoked'
  if (rule.fingerprint !== undefined) return rule.fingerprint === fingerprintOf(key) ? undefined : 'host-key-changed'
  if (rule.accepted.some((known) => known.key.equals(key))) return undefined
  return rule.accepted.length > 0 ? 'host-key-changed' : 'host-key-unknown'
}

/** The fingerprints that would have been accepted. */
export const expectedFingerprints = (rule: HostKeyRule): string[] =>
  rule.fingerprint === undefined ? rule.accepted.map(({ key }) => fingerprintOf(key)) : [rule.fingerprint]

/** A refused key in words: both fingerprints, and what to do. */
export function refusalText(target: SshTarget, rule: HostKeyRule, refusal: HostKeyRefusal, key: Buffer): string {
  const offered = `${fingerprintOf(key)} (${keyType(key)})`
  if (refusal === 'host-key-revoked') return `the host key ${offered} is revoked in known_hosts: this machine must not be trusted`
  if (refusal === 'host-key-unknown') {
    const where = target.knownHosts.join(', ') || 'any known_hosts'
    return `the host key is unknown: it shows ${offered}, and ${where} has none for ${hostName(target.address, target.port)}. If that is its fingerprint: aicluster boards trust ${target.board}`
  }
  const expected = expectedFingerprints(rule).join(', ')
  return `the host key is not the one that is known: it shows ${offered}, expected ${expected}. If the board was reinstalled: aicluster boards trust ${target.board}. If it was not, somebody may be in between`
}

/** One change of a known hosts file at a time: each writes all of it. */
const changes = new Slots(1)

/**
 * Accept a key for a host from now on: what the file said of this host before is taken out.
 *
 * @param file - made (0600) with its folder if it is not there
 */
export function acceptHostKey(file: string, address: string, port: number, key: Buffer): Promise<void> {
  return changes.run(async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const before = withoutHost(await readKnownHosts(file), address, port)
    const beside = `${file}.new`
    await writeFile(beside, before === '' || before.endsWith('\n') ? before : `${before}\n`, { mode: 0o600 })
    await appendFile(beside, knownHostLine(address, port, keyType(key), key))
    await rename(beside, file)
  })
}
