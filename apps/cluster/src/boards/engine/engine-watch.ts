import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Machine } from '../machine'
import { CLUSTER_LABEL } from './container-labels'

/** An event larger than this is none of ours. */
const MAX_EVENT_BYTES = 256 * 1024
const RETRY_MS = 1000

/** What an Engine tells of a container. */
export interface EngineEvent {
  action: 'start' | 'die' | 'oom' | 'destroy'
  exitCode: number | null
}

/** Somebody who wants to hear what becomes of a container. */
export interface EngineListener {
  /** Engine's id of it; undefined as long as it is not made. */
  readonly id: string | undefined
  onEngineEvent(event: EngineEvent): void
  /** Look for yourself: something may have been missed. */
  sync(): Promise<void>
}

export interface EngineWatchOptions {
  clusterId: string
  machine: () => Promise<Machine>
  logger: Logger
  retryMs?: number
}

/** Listens to an Engine as long as somebody wants to hear of a container, through every loss of the connection. */
export class EngineWatch {
  readonly #options: EngineWatchOptions
  readonly #listeners = new Set<EngineListener>()
  #running: AbortController | undefined
  #wake: AbortController | undefined
  /** Of the last event, or of the first subscription: `seconds.nanoseconds` by the board's clock. */
  #since: string | undefined

  constructor(options: EngineWatchOptions) {
    this.#options = options
  }

  add(listener: EngineListener): void {
    this.#listeners.add(listener)
    if (this.#running) return
    this.#running = new AbortController()
    void this.#run(this.#running.signal)
  }

  delete(listener: EngineListener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size === 0) this.close()
  }

  /** The machine can be reached: no need to wait for the next try. */
  poke(): void {
    this.#wake?.abort()
  }

  close(): void {
    this.#running?.abort()
    this.#running = undefined
    this.#since = undefined
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#listen(signal)
      } catch (error) {
        if (!signal.aborted) this.#options.logger.debug({ err: error }, 'events of the Engine not heard')
      }
      this.#wake = new AbortController()
      const awake = AbortSignal.any([signal, this.#wake.signal])
      await delay(this.#options.retryMs ?? RETRY_MS, undefined, { signal: awake, ref: false }).catch(() => {})
    }
  }

  /** Ends with the connection. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { engine } = await this.#options.machine()
    // Asked for before subscribing: the Engine repeats what happened in between.
    this.#since ??= timeOf(((await engine.info()) as { SystemTime?: string }).SystemTime)
    const filters = {
      type: ['container'],
      event: ['start', 'die', 'oom', 'destroy'],
      label: [`${CLUSTER_LABEL}=${this.#options.clusterId}`],
    }
    const query = { filters, ...(this.#since === undefined ? {} : { since: this.#since }), abortSignal: signal }
    const stream: NodeJS.ReadableStream = await engine.getEvents(query as object)
    // An Engine that was restarted has forgotten its events.
    for (const listener of this.#listeners)
      void listener.sync().catch((error) => this.#options.logger.debug({ err: error }, 'container not looked at'))
    let rest = ''
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#onLine(line)
      if (rest.length > MAX_EVENT_BYTES) throw new Error('the Engine sent an event that does not end')
    }
  }

  #onLine(line: string): void {
    let event: { Action?: string; status?: string; Actor?: { ID?: string; Attributes?: Record<string, string> } }
    try {
      event = JSON.parse(line)
    } catch {
      return
    }
    // Too large for a number.
    const [, seconds, nanos] = /"timeNano":(\d+)(\d{9})\b/.exec(line) ?? []
    if (seconds !== undefined) this.#since = `${seconds}.${nanos}`
    const action = event.Action ?? event.status
    if (action !== 'start' && action !== 'die' && action !== 'oom' && action !== 'destroy') return
    const code = Number(event.Actor?.Attributes?.exitCode)
    for (const listener of this.#listeners) {
      if (listener.id === event.Actor?.ID) listener.onEngineEvent({ action, exitCode: Number.isInteger(code) ? code : null })
    }
  }
}

function timeOf(text: string | undefined): string | undefined {
  const ms = Date.parse(text ?? '')
  return Number.isNaN(ms) ? undefined : `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}000000`
}
