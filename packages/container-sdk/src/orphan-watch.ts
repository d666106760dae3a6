import { container_log_util } from './container-log-util'

/** Ends the process of a container that nobody looks after any more, so that nothing is left behind. */
export class OrphanWatch {
  private timer: NodeJS.Timeout | undefined

  /** @param timeoutMs - how long it may be without a manager; 0: for ever */
  constructor(private readonly timeoutMs: number) {}

  /** There is no manager. */
  begin(): void {
    if (this.timeoutMs === 0) return
    this.end()
    this.timer = setTimeout(() => this.exit(`no manager for ${this.timeoutMs} ms`), this.timeoutMs)
  }

  /** There is one, or the program ends anyway. */
  end(): void {
    clearTimeout(this.timer)
  }

  exit(reason: string): void {
    container_log_util.warning(`this container ends: ${reason}`)
    process.exit(0)
  }
}
