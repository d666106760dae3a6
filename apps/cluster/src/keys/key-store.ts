import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterError, isName, NAME_RULE } from '@aicluster/protocol'
import { type CurveKeyPair, isCurveKey, newCurveKeyPair } from '@aicluster/transport'
import { z } from 'zod'
import { readJsonFile, writeJsonFile } from '../registry/json-file'
import { withKeyLock } from './key-lock'
import { LOCAL_PRINCIPAL, Principal, type Right } from './principal'

/** Principals that one cluster can have. */
const MAX_PRINCIPALS = 10_000

const KeyPairFile = z.object({ public_key: z.string().refine(isCurveKey), secret_key: z.string().refine(isCurveKey) })
/** `revision` rises with every change. */
const PrincipalsFile = z.object({ version: z.literal(1), revision: z.number(), principals: z.array(Principal).max(MAX_PRINCIPALS) })
type PrincipalsFile = z.infer<typeof PrincipalsFile>

const NONE: PrincipalsFile = { version: 1, revision: 0, principals: [] }

/** What only the application that gets it may know. */
export interface NewPrincipal {
  principal: Principal
  secretKey: string
  token: string
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The keys in a state folder: files of mode 0600 in a folder of mode 0700. A running manager takes changes up; see `KeyWatch`. */
export class KeyStore {
  private constructor(private readonly folder: string) {}

  /** @param stateFolder - absolute; made where it is missing */
  static async open(stateFolder: string): Promise<KeyStore> {
    const folder = join(stateFolder, 'keys')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    return new KeyStore(folder)
  }

  /** The manager's own pair: made when it is first asked for. */
  serverKeys(): Promise<CurveKeyPair> {
    return this.pair('server.json')
  }

  /** The pair of programs of this machine's user. */
  localKeys(): Promise<CurveKeyPair> {
    return this.pair('local.json')
  }

  /** @throws Error naming the file, when it cannot be understood */
  async read(): Promise<PrincipalsFile> {
    const content = await readJsonFile(this.principalsPath)
    if (content === undefined) return NONE
    const parsed = PrincipalsFile.safeParse(content)
    if (!parsed.success) throw new Error(`${this.principalsPath} is damaged: put a copy back, or remove it and add the keys anew`)
    return parsed.data
  }

  /** When the principals changed last; undefined while there are none. Cheap. */
  async changedAt(): Promise<string | undefined> {
    try {
      const { mtimeNs, ino } = await stat(this.principalsPath, { bigint: true })
      return `${ino} ${mtimeNs}`
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** @throws InvalidArgumentError (302): the name is none, or taken */
  async add(name: string, may: Right): Promise<NewPrincipal> {
    if (!isName(name)) throw wrong(name, `must be ${NAME_RULE}`)
    if (name.toLowerCase() === LOCAL_PRINCIPAL.name) throw wrong(name, 'is the name of programs of this machine: take another')
    const { publicKey, secretKey } = newCurveKeyPair()
    const token = randomBytes(32).toString('base64url')
    const principal: Principal = {
      id: randomBytes(8).toString('hex'),
      name,
      may,
      public_key: publicKey,
      token_sha256: sha256(token),
      created: new Date().toISOString(),
    }
    await this.change((principals) => {
      const twin = principals.find((other) => other.name.toLowerCase() === name.toLowerCase())
      if (twin) throw wrong(name, `is taken by a key of ${twin.created} (case does not count): revoke that one first, or take another name`)
      if (principals.length >= MAX_PRINCIPALS) throw wrong(name, `would be one more than ${MAX_PRINCIPALS} keys: revoke some`)
      return [...principals, principal]
    })
    return { principal, secretKey, token }
  }

  /** @throws InvalidArgumentError (302): nobody has this name */
  async revoke(name: string): Promise<Principal> {
    let revoked: Principal | undefined
    await this.change((principals) => {
      revoked = principals.find((other) => other.name === name)
      const known = principals.map((other) => other.name).join(', ')
      if (!revoked) throw wrong(name, `is nobody's key; there are: ${known || 'none'}`)
      return principals.filter((other) => other !== revoked)
    })
    return revoked as unknown as Principal
  }

  /** The revision that a running manager has taken up last. */
  async applied(): Promise<number> {
    const content = (await readJsonFile(this.appliedPath)) as { revision?: number } | undefined
    return content?.revision ?? -1
  }

  async setApplied(revision: number): Promise<void> {
    await writeJsonFile(this.appliedPath, { revision })
  }

  private async change(edit: (principals: readonly Principal[]) => Principal[]): Promise<void> {
    await withKeyLock(this.folder, async () => {
      const { revision, principals } = await this.read()
      await writeJsonFile(this.principalsPath, {
        version: 1,
        revision: revision + 1,
        principals: edit(principals),
      } satisfies PrincipalsFile)
    })
  }

  private async pair(file: string): Promise<CurveKeyPair> {
    const path = join(this.folder, file)
    return withKeyLock(this.folder, async () => {
      const content = await readJsonFile(path)
      if (content === undefined) {
        const made = newCurveKeyPair()
        await writeJsonFile(path, { public_key: made.publicKey, secret_key: made.secretKey })
        return made
      }
      const parsed = KeyPairFile.safeParse(content)
      if (!parsed.success)
        throw new Error(`${path} holds no key pair: put a copy back, or remove it (every key file then has to be made anew)`)
      return { publicKey: parsed.data.public_key, secretKey: parsed.data.secret_key }
    })
  }

  private get principalsPath(): string {
    return join(this.folder, 'principals.json')
  }

  private get appliedPath(): string {
    return join(this.folder, 'applied.json')
  }
}

const wrong = (value: string, rule: string) =>
  clusterError('invalidParameter', { detail: `key name ${JSON.stringify(value)} ${rule}`, details: { field: 'name', value } })
