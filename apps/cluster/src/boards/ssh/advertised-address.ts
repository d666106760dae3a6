import { isIP } from 'node:net'

/** A manager that is bound to all addresses tells programs of its own machine one of these. */
const NOT_FROM_OUTSIDE = /^(127\.|0\.0\.0\.0$|::1?$)/

/**
 * The address at which containers of a board reach the manager: what the board's configuration says, else the one address on which
 * the manager listens, else our own on the connection to the board.
 */
export function advertisedAddress(configured: string | undefined, listening: string | undefined, local: string): string {
  if (configured !== undefined) return configured
  // A name may mean something else, or nothing, on the board.
  if (listening !== undefined && isIP(listening) !== 0 && !NOT_FROM_OUTSIDE.test(listening)) return listening
  return local
}
