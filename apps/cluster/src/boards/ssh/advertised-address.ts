import { isIP } from 'node:net'

const WILDCARDS = new Set(['0.0.0.0', '::', '[::]', '*'])

/**
 * The address at which containers of a board reach the manager: what the board's configuration says, else the one address on which
 * the manager listens, else our own on the connection to the board.
 */
export function advertisedAddress(configured: string | undefined, listening: string | undefined, local: string): string {
  if (configured !== undefined) return configured
  // A name may mean something else, or nothing, on the board.
  if (listening !== undefined && isIP(listening) !== 0 && !WILDCARDS.has(listening)) return listening
  return local
}
