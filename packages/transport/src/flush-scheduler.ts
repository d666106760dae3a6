/** Whatever gathers during a turn of the event loop and leaves at its end. */
export interface TurnListener {
  /** The turn is over. */
  endTurn(): void
}

/** Calls each listener once when the current turn of the event loop is over. One for all links of a process. */
export class FlushScheduler {
  /** More records are coming in this turn: nothing leaves alone. */
  gathering = false
  private dirty: TurnListener[] = []
  private spare: TurnListener[] = []

  /** A message with several records is being read: what they cause leaves together at the end of the turn. */
  gather(): void {
    if (this.gathering) return
    this.gathering = true
    if (this.dirty.length === 0) setImmediate(this.flush)
  }

  /** Call `listener.endTurn()` once when this turn is over. */
  schedule(listener: TurnListener): void {
    if (this.dirty.length === 0 && !this.gathering) setImmediate(this.flush)
    this.dirty.push(listener)
  }

  private readonly flush = (): void => {
    const listeners = this.dirty
    this.gathering = false
    this.dirty = this.spare
    for (const listener of listeners) listener.endTurn()
    listeners.length = 0
    this.spare = listeners
  }
}

/** The process's one scheduler: what comes in over one link causes what goes out over another. */
export const turnScheduler = new FlushScheduler()
