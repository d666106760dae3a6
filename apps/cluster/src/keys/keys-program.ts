import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { clusterError } from '@aicluster/protocol'
import { isHost } from '@aicluster/transport'
import { isAlive, startTimeOf } from '../boards/local/process-identity'
import { isLoopback } from '../config/listen-config'
import type { ListenAddress } from '../endpoints'
import { readJsonFile } from '../registry/json-file'
import { StateFolder } from '../registry/state-folder'
import { KeyStore } from './key-store'
import { type Principal, Right } from './principal'

/** How long a running manager may take to take a change up, and how often that is looked at, in ms. */
const TAKE_UP_LIMIT_MS = 5_000
const LOOK_MS = 20

/**
 * What `aicluster keys` runs: one change or look at the keys of a state folder, its result as JSON on stdout.
 *
 * Words: `init`, `ls`, `revoke NAME`, `add NAME --may infer|manage --out FILE [--address HOST]`; `--state DIR` with each.
 *
 * @throws InvalidArgumentError (302): a word, name or address is wrong; Error: the folder or the file cannot be written
 */
export async function keysProgram(words: readonly string[], defaultState: () => string): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { state: { type: 'string' }, may: { type: 'string' }, out: { type: 'string' }, address: { type: 'string' } },
  })
  const [verb, name = ''] = positionals
  const folder = resolve(values.state ?? defaultState())
  // Who looks for keys where there are none has most likely mistyped the folder.
  if ((verb === 'ls' || verb === 'revoke') && !existsSync(folder)) {
    throw new Error(`there is no state folder ${folder}: "aicluster up" and "aicluster keys add" make one`)
  }
  const state = await StateFolder.look(folder)
  const keys = new KeyCommands(state, await KeyStore.open(state.path))
  const result = await (verb === 'init'
    ? keys.init()
    : verb === 'ls'
      ? keys.list()
      : verb === 'revoke'
        ? keys.revoke(name)
        : verb === 'add'
          ? keys.add(name, values.may ?? 'infer', values.out, values.address)
          : Promise.reject(wrong('verb', verb, 'init, add, ls or revoke')))
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

/** A principal without its token's digest. */
const view = ({ name, may, public_key, created }: Principal) => ({ name, may, publicKey: public_key, created })

class KeyCommands {
  constructor(
    private readonly state: StateFolder,
    private readonly store: KeyStore,
  ) {}

  async init(): Promise<object> {
    return { serverKey: (await this.store.serverKeys()).publicKey, stateFolder: this.state.path }
  }

  async list(): Promise<object> {
    const { principals } = await this.store.read()
    return { keys: principals.map(view) }
  }

  async revoke(name: string): Promise<object> {
    const revoked = await this.store.revoke(name)
    return { ...view(revoked), ...(await this.takenUp()) }
  }

  /** The file is there before the key counts, and goes again when the key could not be made. */
  async add(name: string, may: string, out: string | undefined, address: string | undefined): Promise<object> {
    const right = Right.safeParse(may)
    if (!right.success) throw wrong('--may', may, 'infer or manage')
    const place = await this.address(address)
    const file = resolve(out ?? `${name}.key.json`)
    await writeFile(file, '', { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? wrong('--out', file, 'a file that does not exist yet') : error
    })
    try {
      const server = place.curve ? await this.store.serverKeys() : undefined
      const { principal, secretKey, token } = await this.store.add(name, right.data)
      const curve = server && { server_key: server.publicKey, public_key: principal.public_key, secret_key: secretKey }
      const { inference, management } = place.ports
      const content = { version: 1, name, may: right.data, address: place.host, ports: { inference, management }, token, curve }
      await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
      return { ...view(principal), file, address: place.host, encrypted: place.curve, ...(await this.takenUp()) }
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
  }

  /** Where an application of another machine finds the manager. */
  private async address(given: string | undefined): Promise<ListenAddress> {
    const bound = (await readJsonFile(this.state.addressPath)) as ListenAddress | undefined
    if (!bound) {
      throw clusterError('invalidParameter', {
        detail: `the manager of ${this.state.path} has not listened on TCP yet, so that the file could not say where it is: start it with --listen ADDRESS first`,
        details: { stateFolder: this.state.path },
      })
    }
    if (given !== undefined && !isHost(given)) throw wrong('--address', given, 'an address or a host name')
    return { ...bound, host: given ?? reachableFromOutside(bound.host) }
  }

  /** Whether the manager that runs, if one does, lets in whom the files say. */
  private async takenUp(): Promise<{ manager: 'not running' | 'knows' | 'has not answered' }> {
    const { revision } = await this.store.read()
    const giveUpAt = performance.now() + TAKE_UP_LIMIT_MS
    while (await this.managerRuns()) {
      if ((await this.store.applied()) >= revision) return { manager: 'knows' }
      if (performance.now() > giveUpAt) return { manager: 'has not answered' }
      await new Promise((done) => setTimeout(done, LOOK_MS))
    }
    return { manager: 'not running' }
  }

  private async managerRuns(): Promise<boolean> {
    const word = (await readJsonFile(this.state.managerPath)) as { pid: number } | undefined
    const startTime = word && startTimeOf(word.pid)
    return word !== undefined && startTime !== undefined && isAlive({ pid: word.pid, startTime })
  }
}

/** Of a manager that listens everywhere: this machine's first address that others see. */
function reachableFromOutside(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const family = host === '::' ? ['IPv4', 'IPv6'] : ['IPv4']
  const outside = addresses.find(({ internal, address, family: own }) => !internal && family.includes(own) && !isLoopback(address))
  return outside?.address ?? '127.0.0.1'
}

const wrong = (argument: string, value: unknown, rule: string) =>
  clusterError('invalidParameter', { detail: `${argument} is ${JSON.stringify(value)}, it must be ${rule}`, details: { argument, value } })
