import { once } from 'node:events'

/** The cable of one board: the process that started us pulls it out and puts it back in. */
export class Cable {
  constructor(readonly board: string) {}

  /** Resolves when the board is cut off. */
  cut(): Promise<void> {
    return this.tell('cut')
  }

  heal(): Promise<void> {
    return this.tell('heal')
  }

  private async tell(what: 'cut' | 'heal'): Promise<void> {
    const done = once(process, 'message')
    process.send?.({ what, board: this.board })
    await done
  }
}
