import { NumberTable, type RouterPeer } from '@aicluster/transport'
import type { DispatchRequest, RequestOwner } from '../dispatch/dispatch-request'
import type { PeerState } from './peer-state'

/** One application that is connected: it owns its requests, by session and never by pid. */
export class HostSession implements RequestOwner {
  readonly role = 'host'
  readonly open = new NumberTable<DispatchRequest>()
  /** Its management link, once that has said hello. */
  management: RouterPeer<PeerState> | undefined
  /** Highest request number it has used: a lower one is a repetition. */
  highest = 0
  private readonly blocks: { first: number; end: number }[] = []

  constructor(
    readonly number: number,
    readonly inference: RouterPeer<PeerState>,
    readonly secret: string,
    readonly host: string,
    readonly pid: number,
  ) {}

  grant(block: { first: number; count: number }): void {
    this.blocks.push({ first: block.first, end: block.first + block.count })
    // Numbers rise: of the blocks before the last two none can be in use any more.
    if (this.blocks.length > 3) this.blocks.shift()
  }

  /** Whether this number was given to this session, and no higher one was used. */
  mayUse(number: number): boolean {
    if (number <= this.highest) return false
    for (let i = this.blocks.length - 1; i >= 0; i--) {
      const block = this.blocks[i] as { first: number; end: number }
      if (number >= block.first && number < block.end) return true
    }
    return false
  }
}
