import { createHash } from 'node:crypto'
import type { ZapHandler } from '@aicluster/transport'
import { LOCAL_PRINCIPAL, type Principal, type SessionPrincipal } from '../keys/principal'

/** Whose keys are let in on the sockets of applications, and on those of containers. */
export const HOST_DOMAIN = 'host'
export const CONTAINER_DOMAIN = 'container'

/** Lets keys in, and keeps them out; what {@link ZapHandler} does. */
export type Admission = Pick<ZapHandler, 'admit' | 'withdraw' | 'refusals'>

/** Who is who by token. */
export class Principals {
  private readonly byToken = new Map<string, Principal>()

  /**
   * @param trustsStrangers - whoever reaches the sockets at all is this machine's user: they lie in a private folder
   * @param admission - left out where there is no CURVE
   */
  constructor(
    private readonly trustsStrangers: boolean,
    private readonly admission: Admission | undefined,
  ) {}

  /**
   * From now on these, and nobody else.
   * @returns ids of those who may not come any more
   */
  set(principals: readonly Principal[]): Set<string> {
    const kept = new Set(principals.map(({ id }) => id))
    const revoked = [...this.byToken.values()].filter(({ id }) => !kept.has(id))
    for (const { public_key } of revoked) this.admission?.withdraw(HOST_DOMAIN, public_key)
    this.byToken.clear()
    for (const principal of principals) {
      this.byToken.set(principal.token_sha256, principal)
      if (principal.public_key) this.admission?.admit(HOST_DOMAIN, principal.public_key, principal.name)
    }
    return new Set(revoked.map(({ id }) => id))
  }

  /** Looked up by its digest: how long that takes says nothing of any token. Undefined: nobody has it. */
  ofToken(token: string): SessionPrincipal | undefined {
    // Who shows nothing is nobody, whatever somebody's file of a token may have held.
    const known = token === '' ? undefined : this.byToken.get(createHash('sha256').update(token).digest('hex'))
    return known ?? (this.trustsStrangers ? LOCAL_PRINCIPAL : undefined)
  }
}
