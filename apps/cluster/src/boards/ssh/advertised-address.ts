import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** A manager that is bound to all addresses tells programs of its own machine one of these. */
const NOT_FROM_OUTSIDE = /^(127\.|0\.0\.0\.0$|::1?$)/

/**
 * The address at which containers of a board reach the manager: what the board's configuration says, else the one address on which
 * the manager listens, else our own on the connection to the board.
 */
export function advertisedAddress(configured: string | undefined, listening: string | undefined, local: string): string {
  return prescribed(configured, listening) ?? local
}

/**
 * Whether containers that were told this address reach the manager at it as well as at {@link advertisedAddress}: where that is the one of
 * the connection, any other of this machine does, for the way to a board may have changed meanwhile.
 */
export function isAdvertisedToo(address: string, configured: string | undefined, listening: string | undefined): boolean {
  if (prescribed(configured, listening) !== undefined) return false
  return Object.values(networkInterfaces()).some((all) => all?.some((own) => !own.internal && own.address === address))
}

function prescribed(configured: string | undefined, listening: string | undefined): string | undefined {
  if (configured !== undefined) return configured
  // A name may mean something else, or nothing, on the board.
  return listening !== undefined && isIP(listening) !== 0 && !NOT_FROM_OUTSIDE.test(listening) ? listening : undefined
}
