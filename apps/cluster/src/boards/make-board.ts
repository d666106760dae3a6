import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import type { BoardConfig, LocalBoardConfig } from '../config/board-config'
import type { Board } from './board'
import { EnginedLocalBoard } from './local/engined-local-board'
import { LocalEngine } from './local/local-engine'
import type { SharedTelemetry } from './local/shared-telemetry'
import type { Owner } from './ssh/own-machine'
import { SshBoard } from './ssh/ssh-board'
import { sshTargetOf } from './ssh/ssh-target-of'

export interface BoardParts {
  /** Where containers of this machine find the manager: `ipc:///folder`, or the address that it listens on. */
  managerAddress: string
  /** On the manager's machine: for whatever belongs to this board alone. */
  folder: string
  /** Host keys that were accepted by this manager. */
  knownHosts: string
  /** Whose the board is. */
  owner: Owner
  /** How this machine fares, for every board that it plays. */
  ownTelemetry: SharedTelemetry
  logger: Logger
}

/** The board that an entry of the configuration describes. */
export function makeBoard(config: BoardConfig, parts: BoardParts): Board {
  const { folder, knownHosts, owner, ownTelemetry, logger } = parts
  if (config.driver === 'local') {
    const { name, labels } = config
    return new EnginedLocalBoard({ name, labels, folder, logger, telemetry: ownTelemetry, engine: localEngine(config, parts) })
  }
  return new SshBoard({ config, target: sshTargetOf(config, knownHosts), owner, logger })
}

/** Its containers' folders are beside the board's own, where processes are; no board has a name that begins with a point. */
function localEngine(config: LocalBoardConfig, { folder, owner, managerAddress, logger }: BoardParts): LocalEngine {
  const { name: board, engine_socket: engineSocket, allowed_run_options: allowedRunOptions } = config
  const place = join(dirname(folder), `.engine-${board}`)
  const { clusterId, isBoard } = owner
  return new LocalEngine({ board, clusterId, isBoard, folder: place, engineSocket, allowedRunOptions, managerAddress, logger })
}
