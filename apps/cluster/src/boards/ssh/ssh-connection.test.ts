import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describeUnless } from '@aicluster/vitest-preset/skip'
import { expect, it, onTestFinished } from 'vitest'
import { fingerprintOf } from './fingerprint'
import { acceptHostKey } from './host-key'
import { connectSsh } from './ssh-connection'
import type { SshTarget } from './ssh-target'
import { makeKey, NO_SSHD, PATIENT, TestSshd } from './test-sshd'

/** What connecting fails with, and how long it took. */
async function refusal(target: SshTarget, times = PATIENT) {
  const from = performance.now()
  const error = await connectSsh(target, times).then(
    (connection) => {
      connection.close()
      throw new Error('it connected')
    },
    (why) => why,
  )
  return { error, tookMs: performance.now() - from }
}

describeUnless(NO_SSHD, 'a connection to a real sshd', () => {
  it('stands when its host key is known and ours opens it, and knows our own address', async () => {
    await using sshd = await TestSshd.start()
    const connection = await sshd.connect()
    expect(connection.localAddress).toBe('127.0.0.1')
    expect(connection.lost).toBeUndefined()
  })

  it('is refused when its host key is unknown: the message has the fingerprint and what to do', async () => {
    await using sshd = await TestSshd.start()
    const offered = fingerprintOf(sshd.hostKeys[0]?.blob as Buffer)
    const { error } = await refusal(await sshd.target({ knownHosts: [join(sshd.root, 'nothing')] }))
    expect(error).toMatchObject({ code: 500, details: { board: 'b1', reason: 'host-key-unknown', offered, offeredType: 'ssh-ed25519' } })
    expect(error.message).toContain('board "b1": connect to ')
    expect(error.message).toContain(offered)
    expect(error.message).toContain('aicluster boards trust b1')
  })

  it('is refused when its host key has changed, with both fingerprints, until the new one is accepted', async () => {
    await using sshd = await TestSshd.start()
    const old = await makeKey(join(sshd.root, 'old'))
    const target = await sshd.target()
    const file = target.knownHosts[0] as string
    await writeFile(file, `other.example ${old.line}\n[127.0.0.1]:${sshd.port} ${old.line}\n`)
    const [expected, offered] = [old.blob, sshd.hostKeys[0]?.blob as Buffer].map(fingerprintOf)

    const { error } = await refusal(target)
    expect(error).toMatchObject({ code: 500, details: { reason: 'host-key-changed', offered, expected: [expected] } })
    expect(error.message).toContain(`it shows ${offered} (ssh-ed25519), expected ${expected}`)

    await acceptHostKey(file, target.address, target.port, sshd.hostKeys[0]?.blob as Buffer)
    const connection = await connectSsh(target, PATIENT)
    connection.close()
  })

  it('asks for the type of key that is known, whichever the server would rather show', async () => {
    await using sshd = await TestSshd.start(['rsa', 'ed25519'])
    const connection = await connectSsh(await sshd.target(), PATIENT)
    connection.close()
  })

  it('is refused when the server has lost the type of key that is known', async () => {
    await using sshd = await TestSshd.start(['ed25519'])
    const old = await makeKey(join(sshd.root, 'old'), { type: 'rsa' })
    const target = await sshd.target()
    await writeFile(target.knownHosts[0] as string, `[127.0.0.1]:${sshd.port} ${old.line}\n`)
    expect((await refusal(target)).error).toMatchObject({ details: { reason: 'host-key-changed', offeredType: 'ssh-ed25519' } })
  })

  it('is refused when its host key is revoked, even where it is accepted as well', async () => {
    await using sshd = await TestSshd.start()
    const target = await sshd.target()
    const line = sshd.hostKeys[0]?.line
    await writeFile(target.knownHosts[0] as string, `[127.0.0.1]:${sshd.port} ${line}\n@revoked * ${line}\n`)
    expect((await refusal(target)).error).toMatchObject({ code: 500, details: { reason: 'host-key-revoked' } })
  })

  it('takes a pinned fingerprint of whichever of its keys, and no other key', async () => {
    await using sshd = await TestSshd.start(['ed25519', 'rsa'])
    for (const { blob } of sshd.hostKeys) {
      const connection = await connectSsh(await sshd.target({ knownHosts: [], fingerprint: fingerprintOf(blob) }), PATIENT)
      connection.close()
    }
    const pinned = fingerprintOf(sshd.userKey.blob)
    const { error } = await refusal(await sshd.target({ fingerprint: pinned }))
    expect(error).toMatchObject({ details: { reason: 'host-key-changed', expected: [pinned], offeredType: 'ssh-ed25519' } })
  })

  it('is refused with a wrong user key: the message names user and key file', async () => {
    await using sshd = await TestSshd.start()
    const wrong = await makeKey(join(sshd.root, 'wrong'))
    const target = await sshd.target({ identityFile: wrong.file })
    const { error } = await refusal(target)
    expect(error).toMatchObject({ code: 500, details: { reason: 'login-refused' } })
    expect(error.message).toContain(`user "${target.user}" was not let in with key ${wrong.file}`)
  })

  it('opens a key that has a passphrase, and says when it does not open', async () => {
    await using sshd = await TestSshd.start()
    const locked = await makeKey(join(sshd.root, 'locked'), { passphrase: 'quite s3cret' })
    await writeFile(join(sshd.root, 'authorized_keys'), `${locked.line}\n`)
    const passphraseFile = join(sshd.root, 'passphrase')
    await writeFile(passphraseFile, 'quite s3cret\n', { mode: 0o600 })
    const connection = await connectSsh(await sshd.target({ identityFile: locked.file, identityPassphraseFile: passphraseFile }), PATIENT)
    connection.close()

    const missing = await refusal(await sshd.target({ identityFile: locked.file }))
    expect(missing.error.message).toContain(`key ${locked.file} has a passphrase`)
    await writeFile(passphraseFile, 'wr0ng-one\n')
    const wrong = await refusal(await sshd.target({ identityFile: locked.file, identityPassphraseFile: passphraseFile }))
    expect(wrong.error.message).toContain(`key ${locked.file} does not open with the passphrase in ${passphraseFile}`)
    expect(wrong.error.message).not.toContain('wr0ng')
  })

  it('uses no key file that is missing, readable by others, or none', async () => {
    await using sshd = await TestSshd.start()
    const missing = await refusal(await sshd.target({ identityFile: '/no/such/key' }))
    expect(missing.error).toMatchObject({ code: 500, details: { reason: 'credentials' } })
    expect(missing.error.message).toContain('file /no/such/key cannot be used: there is no such file')
    const publicKey = await refusal(await sshd.target({ identityFile: `${sshd.userKey.file}.pub` }))
    expect(publicKey.error.message).toContain('cannot be used: others may read it (mode 644): chmod 600 it')
    await chmod(`${sshd.userKey.file}.pub`, 0o600)
    const none = await refusal(await sshd.target({ identityFile: `${sshd.userKey.file}.pub` }))
    expect(none.error.message).toContain('holds no private key')
  })
})

it('a port on which nothing listens is said at once', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const { error, tookMs } = await refusal(await anyTarget(port))
  expect(error).toMatchObject({ code: 500, details: { board: 'b1', reason: 'unreachable' } })
  expect(error.message).toContain(`127.0.0.1:${port}: nothing listens there (ECONNREFUSED)`)
  expect(tookMs).toBeLessThan(PATIENT.connectMs)
})

it('a server that says nothing is given up', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const target = await anyTarget((server.address() as AddressInfo).port)
  const { error } = await refusal(target, { ...PATIENT, loginMs: 200 })
  expect(error).toMatchObject({ code: 500, details: { reason: 'hangs' } })
  expect(error.message).toContain('its SSH server did not answer within 200 ms: it hangs')
})

it('a server that is none is said', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { error } = await refusal(await anyTarget((server.address() as AddressInfo).port))
  expect(error).toMatchObject({ code: 500, details: { reason: 'unreachable' } })
})

/** No login gets so far as to need the password. */
async function anyTarget(port: number): Promise<SshTarget> {
  const passwordFile = join(await mkdtemp(join(tmpdir(), 'aicluster-ssh-')), 'password')
  onTestFinished(() => rm(dirname(passwordFile), { recursive: true }))
  await writeFile(passwordFile, 'unused\n', { mode: 0o600 })
  return { board: 'b1', address: '127.0.0.1', port, user: 'nobody', passwordFile, knownHosts: [] }
}
