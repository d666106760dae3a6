import { clusterError } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { BoardConfig } from '../config/board-config'
import type { Board } from './board'
import { LocalBoard } from './local/local-board'

export interface BoardParts {
  /** On the manager's machine: for whatever belongs to this board alone. */
  folder: string
  logger: Logger
}

/** The board that an entry of the configuration describes. */
export function makeBoard(config: BoardConfig, { folder, logger }: BoardParts): Board {
  const { name, driver, labels } = config
  if (driver === 'local') return new LocalBoard({ name, labels, folder, logger })
  throw clusterError('notImplemented', { detail: `board "${name}": driver ssh`, details: { board: name } })
}
