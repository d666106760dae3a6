import { type AIClusterError, asAIClusterError, clusterError } from '@aicluster/protocol'
import type { Board, BoardState } from '../boards/board'
import { boardError } from '../boards/board-error'
import { type After, afterMs, within } from '../within'
import { BoardInLine, type WatchedPlane } from './board-in-line'
import type { Boards } from './boards'
import { Settling } from './settling'

/** How long a command waits for a board to answer and to be in line, in ms; and a manager that starts, for one of its own machine. */
const WAIT_LIMIT_MS = 4_000

interface Watched {
  board: Board
  inLine: BoardInLine
  settling: Settling
}

/**
 * Boards come and go: what is registered on one stays registered, and its containers are expected, whether it can be reached or not.
 * When it comes up, what runs there is brought in line with the registry, again and again for as long as something is not; commands that
 * need the board wait a moment for that.
 */
export class BoardWatch {
  private readonly watched = new Map<string, Watched>()

  constructor(
    private readonly plane: WatchedPlane & { readonly boards: Pick<Boards, 'all'> },
    private readonly after: After = afterMs,
  ) {}

  /**
   * Keep a board reachable from now on. Resolves when one that is up at once has been brought in line, or 4 s later; of others nobody waits.
   */
  async begin(board: Board): Promise<void> {
    const inLine = new BoardInLine(this.plane, board, () => settling.wake())
    const settling = new Settling(() => this.settle(board, inLine), this.after)
    const watched = { board, inLine, settling }
    this.watched.set(board.name, watched)
    board.onState = (state) => this.onState(watched, state)
    board.open()
    if (board.state.state !== 'up') return
    settling.up()
    await this.within(settling.ended(), () => inLine.late(WAIT_LIMIT_MS)).catch((error) => this.log(board, error))
  }

  /** Let go of a board; its containers run on. */
  async end(board: Board): Promise<void> {
    board.onState = undefined
    const watched = this.of(board)
    if (watched) this.watched.delete(board.name)
    watched?.settling.down()
    await board.close()
  }

  async endAll(): Promise<void> {
    await Promise.allSettled(this.plane.boards.all().map((board) => this.end(board)))
  }

  /**
   * Make sure that these boards can be worked with: each has just answered, and is not being brought in line.
   * @throws SshConnectionError (500) naming the board and why not, at most 4 s later; the signal's reason
   */
  async reach(boards: Iterable<Board>, signal?: AbortSignal): Promise<void> {
    await Promise.all([...new Set(boards)].map((board) => this.reachOne(board, signal)))
  }

  /** Something that concerns a board has failed: it is looked at again in a moment, and a registered container with it. */
  lookAgain(boardName: string, instance?: string): void {
    const watched = this.watched.get(boardName)
    if (instance !== undefined) watched?.inLine.doubt(instance)
    watched?.settling.again()
  }

  /** Whether something has failed with this container since it was looked at. */
  isInDoubt(boardName: string, instance: string): boolean {
    return this.watched.get(boardName)?.inLine.isInDoubt(instance) ?? false
  }

  private async reachOne(board: Board, signal: AbortSignal | undefined): Promise<void> {
    const watched = this.of(board)
    let answered = false
    const usable = async () => {
      await board.reach()
      answered = true
      await watched?.settling.ended()
      if (board.state.state === 'down') throw isDown(board, board.state.reason)
    }
    const late = () => {
      if (board.state.state === 'down') return isDown(board, board.state.reason)
      if (answered && watched) return watched.inLine.late(WAIT_LIMIT_MS)
      return boardError(board.name, 'reach it', `it did not answer within ${WAIT_LIMIT_MS} ms`)
    }
    await this.within(usable(), late, signal)
  }

  private onState({ board, inLine, settling }: Watched, state: BoardState): void {
    const { log } = this.plane.options
    if (state.state === 'down') {
      log.warn({ board: board.name, reason: state.reason }, 'board is down: what runs there is left as it is')
      settling.down()
      this.plane.fleet.onBoardDown(board.name, isDown(board, state.reason))
      return
    }
    log.info({ board: board.name }, 'board is up')
    inLine.forgetAll()
    settling.up()
  }

  private async settle(board: Board, inLine: BoardInLine): Promise<boolean> {
    const [failure] = await inLine.bring()
    if (failure !== undefined && this.of(board)) this.log(board, failure)
    return failure === undefined
  }

  private log(board: Board, error: unknown): void {
    const reason = asAIClusterError(error).message
    this.plane.options.log.warn({ board: board.name, reason }, 'board is not in line with what is registered')
  }

  /** Another one may have its name by now. */
  private of(board: Board): Watched | undefined {
    const watched = this.watched.get(board.name)
    return watched?.board === board ? watched : undefined
  }

  private within<T>(work: Promise<T>, late: () => Error, signal?: AbortSignal): Promise<T> {
    return within(work, { ms: WAIT_LIMIT_MS, late, signal, after: this.after })
  }
}

const isDown = (board: Board, reason: string): AIClusterError =>
  clusterError('ssh', { detail: `board "${board.name}": ${reason}`, details: { board: board.name } })
