/** What can stand in a {@link WaitingLine}. All three are the line's own. */
export interface InLine {
  inLine: boolean
  ahead: InLine | undefined
  behind: InLine | undefined
}

/** First come, first served; whoever gives up leaves from anywhere. Leaves no garbage behind, however much it churns. */
export class WaitingLine<Entry extends InLine> {
  private head: Entry | undefined
  private tail: Entry | undefined
  private count = 0

  get size(): number {
    return this.count
  }

  get first(): Entry | undefined {
    return this.head
  }

  add(entry: Entry): void {
    entry.inLine = true
    entry.ahead = this.tail
    entry.behind = undefined
    if (this.tail) this.tail.behind = entry
    else this.head = entry
    this.tail = entry
    this.count++
  }

  /** @returns whether it stood in the line */
  remove(entry: Entry): boolean {
    if (!entry.inLine) return false
    const { ahead, behind } = entry as { ahead: Entry | undefined; behind: Entry | undefined }
    if (ahead) ahead.behind = behind
    else this.head = behind
    if (behind) behind.ahead = ahead
    else this.tail = ahead
    entry.ahead = entry.behind = undefined
    entry.inLine = false
    this.count--
    return true
  }
}
