import { createHash, randomBytes } from 'node:crypto'
import { type ContainerConfig, clusterError } from '@aicluster/protocol'
import type { Logger } from 'pino'
import type { Board, BoardContainer, ContainerExit, ContainerSpec } from '../boards/board'
import { servedNames } from '../registry/container-config-rules'
import type { ContainerRecord } from '../registry/inference-record'
import type { DataPlaneClient } from './data-plane-client'

/** How long a container that has just exited gets for its last words to reach the file, in ms. */
const LAST_WORDS_MS = 50

export interface FleetOptions {
  boards: ReadonlyMap<string, Board>
  dataPlane: DataPlaneClient
  log: Logger
  stopTimeoutMs: number
  /** What a Connector needs to find the manager. */
  connectorEnvironment: Readonly<Record<string, string>>
}

interface Starting {
  ready(): void
  fail(reason: string): void
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The containers that this manager runs: start, adopt, watch, stop. Knows boards and the data plane, nothing of commands. */
export class ContainerFleet {
  private readonly running = new Map<string, BoardContainer>()
  private readonly starting = new Map<string, Starting>()

  constructor(private readonly options: FleetOptions) {}

  get(instance: string): BoardContainer | undefined {
    return this.running.get(instance)
  }

  /** The data plane says that this container takes requests. */
  onReady(instance: string): void {
    this.starting.get(instance)?.ready()
  }

  /**
   * Start a container and wait until it takes requests.
   * @throws ContainerStartError (311) when its program ends or is not ready in time, with its last output; nothing of it is left
   */
  async start(config: ContainerConfig, suffixName: string, boardName: string, startTimeoutMs: number): Promise<ContainerRecord> {
    const { record, spec } = await this.prepare(config, suffixName, boardName)
    const board = this.board(boardName)
    let container: BoardContainer | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      const ready = new Promise<void>((resolve, reject) => {
        this.starting.set(spec.instance, { ready: resolve, fail: (reason) => reject(new Error(reason)) })
        timer = setTimeout(
          () => reject(new Error(`did not connect and become ready within ${startTimeoutMs} ms (start_timeout)`)),
          startTimeoutMs,
        )
      })
      ready.catch(() => {})
      container = await board.create(spec)
      this.watch(container)
      await ready
      return record
    } catch (cause) {
      await this.options.dataPlane.call('forgetContainer', spec.instance)
      const output = container ? await this.lastWords(container) : ''
      this.running.delete(spec.instance)
      await container?.remove(this.options.stopTimeoutMs)
      if (!container) throw cause
      throw startError(suffixName, boardName, cause, output)
    } finally {
      clearTimeout(timer)
      this.starting.delete(spec.instance)
    }
  }

  /**
   * Take over a container of an earlier manager, or, if its program no longer runs, start it anew without waiting.
   * @returns its record: another one if it had to be made anew
   */
  async adoptOrRestart(config: ContainerConfig, record: ContainerRecord): Promise<ContainerRecord> {
    const board = this.board(record.board)
    const adopted = await board.adopt(this.spec(config, record, ''))
    if (adopted) {
      await this.expect(config, record, true)
      this.watch(adopted)
      return record
    }
    // The same instance: its files are still there and are used again.
    const fresh = await this.prepare(config, record.suffix_name, record.board, record)
    this.watch(await board.create(fresh.spec))
    return fresh.record
  }

  /** End a program that hangs, as if it had crashed: its board starts it anew, with the usual back-off. */
  killHung(instance: string): void {
    this.running.get(instance)?.kill()
  }

  /** Stop a container and delete its files. The data plane must have forgotten it. */
  async remove(instance: string): Promise<void> {
    const container = this.running.get(instance)
    this.running.delete(instance)
    if (!container) return
    container.onExit = undefined
    await container.remove(this.options.stopTimeoutMs)
  }

  /** End all programs; what is registered stays registered. */
  async stopAll(graceMs: number): Promise<void> {
    await Promise.all(
      [...this.running.values()].map((container) => {
        container.onExit = undefined
        return container.stop(graceMs)
      }),
    )
  }

  /** Leave all programs running for the next manager. */
  detachAll(): void {
    for (const container of this.running.values()) container.detach()
    this.running.clear()
  }

  private board(name: string): Board {
    const board = this.options.boards.get(name)
    if (!board)
      throw clusterError('coprocessorNotFound', { detail: `${name} is not a board of this cluster`, details: { coprocessor_name: name } })
    return board
  }

  private async prepare(
    config: ContainerConfig,
    suffixName: string,
    board: string,
    earlier?: ContainerRecord,
  ): Promise<{ record: ContainerRecord; spec: ContainerSpec }> {
    const token = randomBytes(32).toString('base64url')
    const record: ContainerRecord = {
      instance: earlier?.instance ?? randomBytes(16).toString('hex'),
      suffix_name: suffixName,
      board,
      token_sha256: sha256(token),
      distribution_off: earlier?.distribution_off ?? [],
    }
    await this.expect(config, record, false)
    return { record, spec: this.spec(config, record, token) }
  }

  private expect(config: ContainerConfig, record: ContainerRecord, adopted: boolean): Promise<void> {
    return this.options.dataPlane.call('expectContainer', {
      instance: record.instance,
      suffixName: record.suffix_name,
      board: record.board,
      names: servedNames(config),
      maxSendNum: config.max_send_num ?? 1,
      tokenSha256: record.token_sha256,
      paused: record.distribution_off,
      adopted,
    })
  }

  private spec(config: ContainerConfig, record: ContainerRecord, token: string): ContainerSpec {
    return {
      instance: record.instance,
      suffixName: record.suffix_name,
      config,
      environment: {
        ...this.options.connectorEnvironment,
        AICLUSTER_INSTANCE: record.instance,
        AICLUSTER_CONTAINER: record.suffix_name,
        AICLUSTER_BOARD: record.board,
        AICLUSTER_SUB_NAME: config.name,
        AICLUSTER_MODULES: JSON.stringify(config.inference_modules ?? []),
      },
      token,
    }
  }

  private watch(container: BoardContainer): void {
    const { instance, suffixName } = container.spec
    this.running.set(instance, container)
    container.onExit = (exit) => {
      this.options.log.warn({ container: suffixName, ...exit }, 'container exited')
      this.starting.get(instance)?.fail(describeExit(exit))
    }
  }

  private async lastWords(container: BoardContainer): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))
    return container.lastOutput().catch(() => '')
  }
}

const describeExit = ({ code, signal }: ContainerExit): string =>
  signal ? `was ended by ${signal} before it was ready` : `exited with code ${code} before it was ready`

function startError(suffixName: string, board: string, cause: unknown, output: string) {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return clusterError('containerStart', {
    detail: `container ${suffixName} on board ${board} ${reason}${output ? `; it printed last:\n${output}` : '; it printed nothing'}`,
    details: { container: suffixName, board, reason, output },
    cause,
  })
}
