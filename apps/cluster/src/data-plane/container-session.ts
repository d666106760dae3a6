import type { RouterPeer } from '@aicluster/transport'
import { ContainerSlot } from '../dispatch/container-slot'
import type { ExpectedContainer } from './control-messages'
import type { PeerState } from './peer-state'
import type { ContainerSnapshot } from './snapshot'

/** One life of a container's program on its two links. Connected when both stand; gone when either goes. */
export class ContainerSession extends ContainerSlot {
  readonly role = 'container'
  /** Receives requests; the seed's sub_port. */
  requests: RouterPeer<PeerState> | undefined
  /** Sends answers; the seed's pub_port. */
  answers: RouterPeer<PeerState> | undefined
  connected = false

  constructor(
    readonly number: number,
    readonly expected: ExpectedContainer,
    /** Tells a restarted program from a reconnected one, in hex. */
    readonly nonce: string,
  ) {
    super(expected.instance, expected.suffixName, expected.board, expected.maxSendNum)
  }

  /** Take note of its subscription; no names: the container's own. */
  serve(names: readonly string[]): void {
    const served = names.length > 0 ? names : this.expected.names.slice(0, 1)
    for (const name of served) this.serves.set(name, { paused: this.expected.paused.includes(name) })
  }

  snapshot(): ContainerSnapshot {
    const links = [this.requests, this.answers].flatMap((peer) => (peer ? [peer] : []))
    return {
      instance: this.instance,
      suffixName: this.suffixName,
      board: this.board,
      connected: this.connected,
      accepting: this.accepting,
      free: this.free,
      inFlight: this.inFlight.size,
      maxSendNum: this.maxSendNum,
      answered: this.answered,
      sentBytes: links.reduce((bytes, peer) => bytes + peer.receivedBytes, 0),
      receivedBytes: links.reduce((bytes, peer) => bytes + peer.outbox.sentBytes, 0),
    }
  }
}
