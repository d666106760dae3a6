import { asAIClusterError, clusterError } from '@aicluster/protocol'
import type { Board, BoardState } from '../boards/board'
import { isBoardFailure } from '../boards/board-failure'
import { implementationOf, servedNames } from '../registry/container-config-rules'
import type { ContainerRecord, InferenceRecord } from '../registry/inference-record'
import type { ControlPlane } from './control-plane'
import { processesRefusal } from './processes-allowed'

/** How long a board that is up, but on which something failed, is left alone before it is looked at again, in ms. */
const RETRY_MS = 2_000

/**
 * Boards come and go: what is registered on one stays registered, and its containers are expected, whether it can be reached or not.
 * When it comes up, what runs there is brought in line with the registry; commands that need the board wait for that.
 */
export class BoardWatch {
  /** By board: it is being brought in line, or that has failed. */
  private readonly settling = new Map<string, Promise<void>>()
  private readonly retries = new Map<string, NodeJS.Timeout>()
  private ended = false

  constructor(private readonly plane: ControlPlane) {}

  /** Keep a board reachable from now on. Resolves when one that is up at once is in line with the registry; of others nobody waits. */
  async begin(board: Board): Promise<void> {
    board.onState = (state) => this.onState(board, state)
    board.open()
    if (board.state.state === 'up') await this.settle(board)
  }

  /** Let go of a board; its containers run on. */
  async end(board: Board): Promise<void> {
    board.onState = undefined
    clearTimeout(this.retries.get(board.name))
    this.settling.delete(board.name)
    await board.close()
  }

  async endAll(): Promise<void> {
    this.ended = true
    await Promise.allSettled(this.plane.boards.all().map((board) => this.end(board)))
  }

  /**
   * Make sure that these boards can be worked with: each has just answered, and is in line with the registry.
   * @throws SshConnectionError (500) naming the board and why not, at most 4 s later
   */
  async reach(boards: Iterable<Board>): Promise<void> {
    await Promise.all(
      [...new Set(boards)].map(async (board) => {
        await board.reach()
        await this.settling.get(board.name)
      }),
    )
  }

  private onState(board: Board, state: BoardState): void {
    const { log } = this.plane.options
    if (state.state === 'down') {
      log.warn({ board: board.name, reason: state.reason }, 'board is down: what runs there is left as it is')
      const detail = `board "${board.name}": ${state.reason}`
      this.plane.fleet.onBoardDown(board.name, clusterError('ssh', { detail, details: { board: board.name } }))
      return
    }
    log.info({ board: board.name }, 'board is up')
    this.settle(board).catch(() => {})
  }

  /** @throws what has failed on the board; it is tried again while the board is up */
  private settle(board: Board): Promise<void> {
    clearTimeout(this.retries.get(board.name))
    const earlier = this.settling.get(board.name) ?? Promise.resolve()
    const settled = earlier
      .catch(() => {})
      .then(() => this.bringInLine(board))
      .then(() => {
        if (this.settling.get(board.name) === settled) this.settling.delete(board.name)
      })
    settled.catch((error) => {
      this.plane.options.log.warn(
        { board: board.name, reason: asAIClusterError(error).message },
        'board is not in line with what is registered',
      )
      if (this.ended) return
      const again = () => board.state.state === 'up' && this.settle(board).catch(() => {})
      this.retries.set(board.name, setTimeout(again, RETRY_MS))
    })
    this.settling.set(board.name, settled)
    return settled
  }

  private async bringInLine(board: Board): Promise<void> {
    const { registry, locks, fleet } = this.plane
    const there = registry.all().filter((record) => hasProgramOn(record, board.name))
    const failures: unknown[] = []
    await Promise.all(
      there.map(({ config }) =>
        locks.patiently(servedNames(config), async () => {
          // Read anew: a command may have held it until now.
          const record = registry.get(config.name)
          if (record && hasProgramOn(record, board.name)) failures.push(...(await this.resumeOn(board.name, record)))
        }),
      ),
    )
    if (failures.length > 0) throw failures[0]
    // Whose file cannot be read may still be running what somebody needs.
    if (this.plane.unreadable.length > 0) return
    const registered = registry.all().flatMap(({ containers }) => containers.map(({ instance }) => instance))
    await board.sweep(new Set([...registered, ...fleet.instances]))
  }

  /** @returns what the board itself has failed at */
  private async resumeOn(board: string, record: InferenceRecord): Promise<unknown[]> {
    const { log } = this.plane.options
    const failures: unknown[] = []
    const containers = await Promise.all(
      record.containers.map((container) => {
        if (container.board !== board) return container
        return this.resume(record, container).catch((error) => {
          if (isBoardFailure(error)) failures.push(error)
          log.error(
            { container: container.suffix_name, board, reason: asAIClusterError(error).message },
            'a registered container could not be started',
          )
          return container
        })
      }),
    )
    if (containers.some((container, index) => container !== record.containers[index])) {
      await this.plane.registry.set({ ...record, containers })
    }
    return failures
  }

  /** @returns its record: another one if it had to be made anew */
  private async resume(record: InferenceRecord, container: ContainerRecord): Promise<ContainerRecord> {
    const { fleet, options } = this.plane
    const refusal = processesRefusal(options.config, record.config, container.board)
    if (refusal !== undefined) {
      options.log.warn({ container: container.suffix_name, board: container.board, reason: refusal }, 'a registered container may not run')
    }
    // What an earlier manager has left running is ended then. Its record stays: under a manager that may, it runs again.
    if (container.stopped || refusal !== undefined) {
      await fleet.rest(record, container)
      return container
    }
    if (await fleet.adopt(record, container)) return container
    // One that is not started again by itself, and has ended while we looked, has ended.
    if (record.config.restart === 'never' && fleet.get(container.instance)) return container
    await options.dataPlane.call('forgetContainer', container.instance)
    try {
      // The same instance: its files are still there and are used again.
      return await fleet.restart(record, container)
    } catch (error) {
      await fleet.expectAgain(record, container)
      throw error
    }
  }
}

const hasProgramOn = ({ config, containers }: InferenceRecord, board: string): boolean =>
  implementationOf(config) !== 'Loop' && containers.some((container) => container.board === board)
