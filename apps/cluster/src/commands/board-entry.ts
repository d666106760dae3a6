import type { BoardConfig } from '../config/board-config'
import { ClusterConfig } from '../config/cluster-config'
import { boardEntryError } from '../config/config-problems'
import type { ControlPlane } from '../control-plane/control-plane'

/**
 * An entry of `boards` that came by a command, checked as one of the configuration file would be, with every default filled in.
 *
 * @throws InvalidArgumentError (201) a key is missing; (302) one is unknown or wrong, or it is a board already
 */
export function parseBoardEntry(plane: ControlPlane, entry: Readonly<Record<string, unknown>>): BoardConfig {
  const { config } = plane.options
  const input = { ...config, boards: [...config.boards, entry] }
  const index = input.boards.length - 1
  const parsed = ClusterConfig.safeParse(input)
  if (!parsed.success) throw boardEntryError(input, parsed.error, index)
  return parsed.data.boards[index] as BoardConfig
}
