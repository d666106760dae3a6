import { type CurveKeyPair, ZapHandler, type ZapRefusal } from '@aicluster/transport'
import { type ListenConfig, usesCurve } from '../config/listen-config'
import type { StateFolder } from '../registry/state-folder'
import { KeyStore, sha256 } from './key-store'
import { LOCAL_PRINCIPAL, type Principal } from './principal'

/** What the manager proves itself with, and what it gives programs of this machine's user to prove themselves with. */
export class Secrets {
  /** Set once there is somebody to hear of it. */
  onRefusal: (refusal: ZapRefusal) => void = () => {}

  private constructor(
    /** With CURVE. */
    readonly server: CurveKeyPair | undefined,
    private readonly local: CurveKeyPair | undefined,
    /** Over TCP: a port of this machine is open to all its users, where a Unix socket is as private as its folder. */
    private readonly token: string | undefined,
  ) {}

  /** With CURVE. Answers nobody before it is opened. */
  zap: ZapHandler | undefined

  /** Everything that is missing is made. @param warn - told of what could not be used as it was */
  static async open(state: StateFolder, listen: ListenConfig, warn: (message: string) => void): Promise<Secrets> {
    const token = listen.transport === 'tcp' ? await state.hostToken(warn) : undefined
    if (!usesCurve(listen)) return new Secrets(undefined, undefined, token)
    const store = await KeyStore.open(state.path)
    const secrets = new Secrets(await store.serverKeys(), await store.localKeys(), token)
    secrets.zap = await ZapHandler.start((refusal) => secrets.onRefusal(refusal))
    return secrets
  }

  /** Programs of this machine's user, as one of those who may come; undefined where they show nothing. */
  get principal(): Principal | undefined {
    if (this.token === undefined) return undefined
    return { ...LOCAL_PRINCIPAL, public_key: this.local?.publicKey ?? '', token_sha256: sha256(this.token), created: '' }
  }

  /** What they find in `manager.json`. */
  get forLocal(): object {
    const { server, local, token } = this
    return {
      ...(token ? { token } : {}),
      ...(server && local ? { curve: { server_key: server.publicKey, public_key: local.publicKey, secret_key: local.secretKey } } : {}),
    }
  }
}
