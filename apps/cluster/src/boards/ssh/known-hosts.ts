import { createHmac, timingSafeEqual } from 'node:crypto'

/** One line of a known_hosts file that says something about keys. */
interface KnownHostLine {
  revoked: boolean
  /** Patterns, or one hashed name. */
  hosts: string
  type: string
  key: Buffer
}

/** What is known of a host: the keys that it may show, and those that nobody may show. */
export interface KnownKeys {
  accepted: readonly KnownKey[]
  revoked: readonly Buffer[]
}

export interface KnownKey {
  /** `ssh-ed25519` */
  type: string
  key: Buffer
}

/** Longest line that is looked at, in characters: no key is longer. */
const MAX_LINE = 16 * 1024

/**
 * What known_hosts text says of a host: plain and hashed names, `[host]:port`, wildcards, negation, `@revoked`.
 *
 * Lines of certificate authorities are passed over: ssh2 takes no certificates. So are lines that mean nothing, as OpenSSH does.
 *
 * @param text - content of one or several files
 */
export function knownKeysOf(text: string, address: string, port: number): KnownKeys {
  const accepted: KnownKey[] = []
  const revoked: Buffer[] = []
  const name = hostName(address, port)
  for (const line of text.split('\n')) {
    const parsed = parseLine(line)
    if (!parsed || !matchesHosts(parsed.hosts, name)) continue
    if (parsed.revoked) revoked.push(parsed.key)
    else accepted.push({ type: parsed.type, key: parsed.key })
  }
  return { accepted, revoked }
}

/** A host as known_hosts names it: `[host]:port`, where port 22 goes without saying; lower case. */
export const hostName = (address: string, port: number): string =>
  port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`

/** A line that accepts this key for this host. */
export const knownHostLine = (address: string, port: number, type: string, key: Buffer): string =>
  `${hostName(address, port)} ${type} ${key.toString('base64')}\n`

/** The same text without the lines that accept a key of this host alone; a list of hosts loses its name only. */
export function withoutHost(text: string, address: string, port: number): string {
  const name = hostName(address, port)
  const kept: string[] = []
  for (const line of text.split('\n')) {
    const parsed = parseLine(line)
    if (!parsed || parsed.revoked || !matchesHosts(parsed.hosts, name)) kept.push(line)
    else {
      const others = parsed.hosts.startsWith('|') ? [] : parsed.hosts.split(',').filter((pattern) => !matchesPattern(pattern, name))
      // A wildcard that matched is gone for its other hosts too: they are asked about again, which is the safe side.
      if (others.some((pattern) => !pattern.startsWith('!'))) kept.push(line.trim().replace(parsed.hosts, () => others.join(',')))
    }
  }
  return kept.join('\n')
}

function parseLine(line: string): KnownHostLine | undefined {
  if (line.length > MAX_LINE) return undefined
  const words = line.trim().split(/[ \t]+/)
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  const [hosts, type, encoded] = words
  if (!hosts || hosts.startsWith('#') || !type || !encoded) return undefined
  if (marker !== undefined && marker !== '@revoked') return undefined
  return { revoked: marker === '@revoked', hosts, type, key: Buffer.from(encoded, 'base64') }
}

function matchesHosts(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name)
  let matches = false
  for (const pattern of hosts.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false
    } else if (matchesPattern(pattern, name)) matches = true
  }
  return matches
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = hashed.split('|')
  if (version !== '1') return false
  const mine = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  const theirs = Buffer.from(hash, 'base64')
  return mine.length === theirs.length && timingSafeEqual(mine, theirs)
}

/** `*` is any text, `?` any character; everything else is itself, case not looked at. Linear but for the stars. */
function matchesPattern(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase()
  let [at, star, mark] = [0, -1, 0]
  let index = 0
  while (index < name.length) {
    if (wanted[at] === '*') [star, mark] = [at++, index]
    else if (wanted[at] === '?' || wanted[at] === name[index]) {
      at++
      index++
    } else if (star !== -1) {
      at = star + 1
      index = ++mark
    } else return false
  }
  while (wanted[at] === '*') at++
  return at === wanted.length
}
