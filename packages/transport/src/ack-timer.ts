import { createEnvelope, RecordKind } from '@aicluster/protocol'
import type { Outbox } from './outbox'

/** What was received is acknowledged at most this late, in ms, if nothing goes to the peer that could carry the ack. */
export const ACK_DELAY_MS = 50

/** Acknowledges what no other record has acknowledged. One timer for all the peers of a link, armed only when something is due. */
export class AckTimer {
  private readonly due = new Set<Outbox>()
  private readonly envelope = createEnvelope(RecordKind.ack)
  private timer: NodeJS.Timeout | undefined

  /** A record has come from the peer that this outbox goes to. */
  received(outbox: Outbox): void {
    if (this.due.has(outbox)) return
    this.due.add(outbox)
    if (this.timer) return
    this.timer = setTimeout(this.acknowledge, ACK_DELAY_MS)
    this.timer.unref()
  }

  /** Send nothing more. */
  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.due.clear()
  }

  private readonly acknowledge = (): void => {
    this.timer = undefined
    for (const outbox of this.due) if (outbox.acknowledged < outbox.received) outbox.send(this.envelope)
    this.due.clear()
  }
}
