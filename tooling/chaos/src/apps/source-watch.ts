import { setTimeout as sleep } from 'node:timers/promises'
import { type AICluster, AIClusterError, type Subscription } from '@aicluster/host-sdk'
import { SOURCE } from '../world/inferences'
import { PublicationCheck } from './publication'
import { PUBLICATION_OFFENCE, type RequestJournal } from './request-journal'

const TRY_AGAIN_MS = 500
/** Noted each time that so many results have come. */
const NOTED_EACH = 1_000
/** In a world where nothing is broken a source is never silent for so long, in ms. */
const LONGEST_SILENCE_MS = 4_000
/** A subscription that could not be made, or has ended, is made again; with any other code it should not have ended. */
const EXPECTED_CODES = new Set([111, 313, 314])

/** Reads a source for as long as the load goes on, and notes whatever is wrong with what comes. */
export class SourceWatch {
  private readonly check = new PublicationCheck()
  private count = 0
  private lastAtMs = performance.now()
  private readings: Subscription | undefined
  private ended = false

  constructor(
    private readonly cluster: AICluster,
    private readonly journal: RequestJournal,
  ) {}

  async run(): Promise<void> {
    for (; !this.ended; await sleep(TRY_AGAIN_MS)) {
      try {
        this.readings = await this.cluster.subscribe(SOURCE, { buffer: 10_000 })
        if (this.ended) return void (await this.readings.return())
        for await (const { result, response } of this.readings) this.take(result, response.metadata)
      } catch (error) {
        const code = error instanceof AIClusterError ? error.code : -1
        if (!this.ended)
          this.journal.note(EXPECTED_CODES.has(code) ? `subscription ended: ${code}` : `${PUBLICATION_OFFENCE}: ended by ${code}`)
      }
    }
  }

  /** The load ends, in a world that has had time to work again: by now results must come. */
  end(): void {
    this.ended = true
    void this.readings?.return()
    if (performance.now() - this.lastAtMs > LONGEST_SILENCE_MS) this.journal.note(`${PUBLICATION_OFFENCE}: silent at the end`)
  }

  private take(result: unknown, metadata: Record<string, unknown>): void {
    this.lastAtMs = performance.now()
    const wrong = this.check.add(result, metadata)
    if (wrong !== undefined) this.journal.note(`${PUBLICATION_OFFENCE}: ${wrong}`)
    if (++this.count % NOTED_EACH === 0) this.journal.note(`${NOTED_EACH} published results`)
  }
}
