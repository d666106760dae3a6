import type { Logger } from 'pino'
import type { BoardConfig } from '../config/board-config'
import type { Board } from './board'
import { LocalBoard } from './local/local-board'
import type { Owner } from './ssh/own-machine'
import { SshBoard } from './ssh/ssh-board'
import { sshTargetOf } from './ssh/ssh-target-of'

export interface BoardParts {
  /** On the manager's machine: for whatever belongs to this board alone. */
  folder: string
  /** Host keys that were accepted by this manager. */
  knownHosts: string
  /** Whose the board is. */
  owner: Owner
  logger: Logger
}

/** The board that an entry of the configuration describes. */
export function makeBoard(config: BoardConfig, { folder, knownHosts, owner, logger }: BoardParts): Board {
  const { name, labels } = config
  if (config.driver === 'local') return new LocalBoard({ name, labels, folder, logger })
  return new SshBoard({ config, target: sshTargetOf(config, knownHosts), owner, logger })
}
