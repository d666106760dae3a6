import type { Logger } from 'pino'
import type { KeyStore } from './key-store'
import type { Principal } from './principal'

/** How often the keys are looked at, in ms: a look is one `stat`. */
const LOOK_MS = 200

/** Takes up what `aicluster keys` changes while the manager runs. */
export class KeyWatch {
  private seen: string | undefined
  private timer: NodeJS.Timeout | undefined
  private broken = false

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
    if (changedAt === this.seen) return
    const { revision, principals } = await this.store.read()
    await this.apply(principals)
    await this.store.setApplied(revision)
    this.seen = changedAt
  }
}
