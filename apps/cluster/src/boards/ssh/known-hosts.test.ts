import { describe, expect, it } from 'vitest'
import { fingerprintOf, keyType } from './fingerprint'
import { type KnownKeys, knownHostLine, knownKeysOf, withoutHost } from './known-hosts'

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIERgWDUeC7pu7VaEgPVN+soHZCih/knS6cXxeA7QAAvH'
const OTHER = Buffer.from('0000000b7373682d6564323535313900000020'.padEnd(102, 'a'), 'hex').toString('base64')
/** As `ssh-keygen -H` made it of `[board.example]:2222` and `plain.example`. */
const HASHED = `|1|m7PnydaDvyAJNhcHC47le4z4U+U=|7WwAPZR6Il2eOJNB47m2JihhgwM= ssh-ed25519 ${KEY}
|1|obX1pJIeAHXqe1FCNXJa7Ov3Ang=|smqyKuoyB4E3k1ZMT6yan706nT0= ssh-ed25519 ${KEY}
`

const counts = ({ accepted, revoked }: KnownKeys): [number, number] => [accepted.length, revoked.length]

describe('a host in known_hosts', () => {
  it.each([
    ['its name', 'board', 'board', 22, 1],
    ['its name in other letters', 'BOARD.example', 'board.EXAMPLE', 22, 1],
    ['one of a list', 'other,board,10.0.0.9', '10.0.0.9', 22, 1],
    ['a pattern with *', '*.example', 'board.example', 22, 1],
    ['a pattern with * inside', '10.0.*.9', '10.0.77.9', 22, 1],
    ['a pattern with ?', 'board?', 'board7', 22, 1],
    ['a port of its own', '[board]:2222', 'board', 2222, 1],
    ['a pattern with a port', '[*.example]:2222', 'board.example', 2222, 1],
    ['an IPv6 address', 'fe80::1', 'fe80::1', 22, 1],
    ['not another port', 'board', 'board', 2222, 0],
    ['not port 22 for another', '[board]:2222', 'board', 22, 0],
    ['not a longer name', 'board', 'board1', 22, 0],
    ['not a name with another dot', 'board.example', 'boardxexample', 22, 0],
    ['not what a ! takes out', '*.example,!evil.example', 'evil.example', 22, 0],
    ['but the others beside a !', '*.example,!evil.example', 'good.example', 22, 1],
    ['not a ! alone', '!evil', 'good', 22, 0],
  ])('is found by %s: %s', (_, hosts, address, port, found) => {
    expect(counts(knownKeysOf(`${hosts} ssh-ed25519 ${KEY} a comment\n`, address, port))).toEqual([found, 0])
  })

  it('is found by its hashed name', () => {
    expect(counts(knownKeysOf(HASHED, 'board.example', 2222))).toEqual([1, 0])
    expect(counts(knownKeysOf(HASHED, 'plain.example', 22))).toEqual([1, 0])
    expect(counts(knownKeysOf(HASHED, 'board.example', 22))).toEqual([0, 0])
  })

  it('may have keys of several types, and revoked ones', () => {
    const known = knownKeysOf(`b ssh-ed25519 ${KEY}\nb ssh-rsa AAAA\n@revoked * ssh-ed25519 ${OTHER}\n`, 'b', 22)
    expect(known.accepted.map(({ type }) => type)).toEqual(['ssh-ed25519', 'ssh-rsa'])
    expect(known.revoked).toEqual([Buffer.from(OTHER, 'base64')])
  })

  it.each([
    '',
    '# a comment',
    'b',
    'b ssh-ed25519',
    '|1|x',
    '|2|a|b ssh-rsa AAAA',
    `@cert-authority b ssh-ed25519 ${KEY}`,
    '\0\0',
    'x'.repeat(20_000),
  ])('is not found in a line without meaning: %.20s', (line) => {
    expect(counts(knownKeysOf(`${line}\r\nb ssh-ed25519 ${KEY}\r\n`, 'b', 22))).toEqual([1, 0])
  })

  it('is not looked for in vain for ever: a pattern of many stars', () => {
    const from = performance.now()
    knownKeysOf(`${'*a'.repeat(5000)} ssh-ed25519 ${KEY}\n`, 'a'.repeat(255), 22)
    expect(performance.now() - from).toBeLessThan(500)
  })
})

describe('a host that gets another key', () => {
  it('loses its lines, other hosts keep theirs', () => {
    const text = `# kept\nb ssh-ed25519 ${KEY}\nb,c ssh-ed25519 ${KEY}\nc ssh-rsa AAAA\n@revoked b ssh-ed25519 ${OTHER}\n`
    expect(withoutHost(text, 'b', 22)).toBe(`# kept\nc ssh-ed25519 ${KEY}\nc ssh-rsa AAAA\n@revoked b ssh-ed25519 ${OTHER}\n`)
    expect(withoutHost(HASHED, 'board.example', 2222).split('\n')).toHaveLength(2)
  })

  it('is found by the line that is written for it', () => {
    const key = Buffer.from(KEY, 'base64')
    const line = knownHostLine('Board', 2222, keyType(key), key)
    expect(line).toBe(`[board]:2222 ssh-ed25519 ${KEY}\n`)
    expect(knownKeysOf(line, 'board', 2222).accepted[0]?.key).toEqual(key)
  })
})

it('a fingerprint is as ssh-keygen prints it', () => {
  expect(fingerprintOf(Buffer.from(KEY, 'base64'))).toBe('SHA256:lDefIDN3RuG4k6R3067LlPgyt0ej/q/H+IDxS2Zpa9k')
})

it('what is no key has no type', () => {
  expect(keyType(Buffer.from(KEY, 'base64'))).toBe('ssh-ed25519')
  for (const bytes of [[], [0, 0, 0], [255, 255, 255, 255, 1], [0, 0, 0, 9, 65]]) expect(keyType(Buffer.from(bytes))).toBe('')
})
