import type { Logger } from 'pino'
import type { KeyStore } from './key-store'
import type { Principal } from './principal'

/** How often the keys are looked at, in ms: a look is one `stat`. */
const LOOK_MS = 200
/** Looks in a row that find no file before it counts as removed: one that is being replaced by hand is gone for a moment. */
const LOOKS_WITHOUT_FILE = 10

/** Takes up what `aicluster keys` changes while the manager runs. */
export class KeyWatch {
  private seen: string | undefined
  private timer: NodeJS.Timeout | undefined
  private broken = false
  private looksWithoutFile = 0

  /** @param apply - resolves once these principals, and nobody else, may come */
  constructor(
    private readonly store: KeyStore,
    private readonly log: Logger,
    private readonly apply: (principals: Principal[]) => Promise<void>,
  ) {}

  /** @throws Error: what there is already cannot be understood, or not be applied */
  async start(): Promise<void> {
    await this.look()
    this.timer = setTimeout(this.lookAgain, LOOK_MS).unref()
  }

  private readonly lookAgain = async (): Promise<void> => {
    try {
      await this.look()
      this.broken = false
    } catch (error) {
      if (!this.broken) this.log.error({ err: error }, 'the keys cannot be read: those known before still count')
      this.broken = true
    }
    this.timer?.refresh()
  }

  private async look(): Promise<void> {
    const changedAt = (await this.store.changedAt()) ?? 'never'
    this.looksWithoutFile = changedAt === 'never' ? this.looksWithoutFile + 1 : 0
    if (changedAt === this.seen) return
    // To revoke everybody's key is not undone by the file's return: what was open is over.
    if (this.seen !== undefined && this.looksWithoutFile > 0 && this.looksWithoutFile < LOOKS_WITHOUT_FILE) return
    const { revision, principals } = await this.store.read()
    await this.apply(principals)
    await this.store.setApplied(revision)
    this.seen = changedAt
  }
}
