import { open } from 'node:fs/promises'
import type { ConnectConfig } from 'ssh2'
import ssh2 from 'ssh2'
import type { SshTarget } from './ssh-target'

/** No key and no password is larger; what is, is another file. */
const MAX_SECRET_BYTES = 64 * 1024

/** What proves who we are, as ssh2 takes it, and the same in words for messages (no secret in them). */
export interface Credentials {
  config: Pick<ConnectConfig, 'privateKey' | 'passphrase' | 'agent' | 'password' | 'tryKeyboard'>
  tried: string
}

/**
 * Read what opens the board.
 *
 * @throws Error naming file and reason: unreadable, readable by others, no private key, wrong or missing passphrase, no agent
 */
export async function readCredentials(target: SshTarget): Promise<Credentials> {
  const config: Credentials['config'] = {}
  const tried: string[] = []
  if (target.identityFile !== undefined) {
    Object.assign(config, await readIdentity(target.identityFile, target.identityPassphraseFile))
    tried.push(`key ${target.identityFile}`)
  }
  if (target.agent !== undefined) {
    config.agent = target.agent === true ? agentOfEnvironment() : target.agent
    tried.push(`agent ${config.agent}`)
  }
  if (target.passwordFile !== undefined) {
    config.password = firstLine(await readSecret(target.passwordFile))
    // Many an sshd asks for the password in a dialogue only.
    config.tryKeyboard = true
    tried.push(`password of ${target.passwordFile}`)
  }
  if (tried.length === 0) throw new Error('there is no key, agent or password to log in with')
  return { config, tried: tried.join(', ') }
}

async function readIdentity(file: string, passphraseFile: string | undefined): Promise<Credentials['config']> {
  const privateKey = await readSecret(file)
  const passphrase = passphraseFile === undefined ? undefined : firstLine(await readSecret(passphraseFile))
  const parsed = ssh2.utils.parseKey(privateKey, passphrase)
  if (parsed instanceof Error) throw new Error(identityProblem(file, passphraseFile, parsed.message))
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (!key?.isPrivateKey()) throw new Error(`${file} holds no private key: give the file without .pub`)
  return { privateKey, ...(passphrase === undefined ? {} : { passphrase }) }
}

function identityProblem(file: string, passphraseFile: string | undefined, said: string): string {
  if (/no passphrase given/i.test(said)) return `key ${file} has a passphrase: give identity_passphrase_file, or use an agent`
  if (/bad passphrase|integrity check failed|bad decrypt/i.test(said)) {
    return `key ${file} does not open with the passphrase in ${passphraseFile ?? 'no file'}`
  }
  return `${file} is no private key that can be read (${said})`
}

function agentOfEnvironment(): string {
  const socket = process.env.SSH_AUTH_SOCK
  if (!socket) throw new Error('agent: true, but the manager was started without SSH_AUTH_SOCK: start it with an agent, or give its socket')
  return socket
}

async function readSecret(file: string): Promise<Buffer> {
  try {
    await using handle = await open(file, 'r')
    const { mode, size } = await handle.stat()
    if ((mode & 0o077) !== 0) throw new Error(`others may read it (mode ${(mode & 0o777).toString(8)}): chmod 600 it`)
    if (size > MAX_SECRET_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_SECRET_BYTES}: is it the right file?`)
    return await handle.readFile()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'the manager may not read it' : message
    throw new Error(`file ${file} cannot be used: ${why}`, { cause: error })
  }
}

const firstLine = (content: Buffer): string => content.toString('utf8').split(/\r?\n/, 1)[0] ?? ''
