import { type ClusterSocket, type DropReason, RouterLink } from '@aicluster/transport'
import type { ContainerDesk } from './container-desk'
import type { Counters } from './counters'
import type { DataPlaneOptions } from './data-plane-options'
import { FewLines } from './few-lines'
import { type Greeter, type OnRecord, type Peer, refusal } from './greeter'
import type { HostDesk } from './host-desk'
import type { MessageClock } from './message-clock'
import type { PeerState } from './peer-state'
import { CONTAINER_DOMAIN, HOST_DOMAIN } from './principals'

/** Who the sockets belong to. */
export interface PlaneSocketsParts {
  options: DataPlaneOptions
  clock: MessageClock
  greeter: Greeter
  counters: Counters
  hosts: HostDesk
  containers: ContainerDesk
}

type Socket = RouterLink<PeerState>

/** The four sockets: each tells its desk what comes, and what is dropped or missing is counted. */
export class PlaneSockets {
  private readonly sockets: Record<ClusterSocket, Socket>
  private readonly dropLines: FewLines

  constructor(private readonly parts: PlaneSocketsParts) {
    const { hosts, containers, options } = parts
    this.dropLines = new FewLines(options.log)
    this.sockets = {
      inference: this.socket('inference', hosts.onInference, hosts.onInferenceGone),
      management: this.socket('management', hosts.onManagement, hosts.onManagementGone),
      sub: this.socket('sub', containers.onRequestsLink, containers.onLinkGone, () => options.journal.flush()),
      pub: this.socket('pub', containers.onAnswersLink, containers.onLinkGone),
    }
  }

  /** Connections that stand now. */
  get peerCount(): number {
    return Object.values(this.sockets).reduce((count, socket) => count + socket.peerCount, 0)
  }

  /** Bind one socket; returns the endpoint with the port that was chosen. */
  bind(socket: ClusterSocket, endpoint: string): Promise<string> {
    return this.sockets[socket].bind(endpoint)
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sockets).map((socket) => socket.close()))
  }

  /** Whether all of them listen. */
  get areBound(): boolean {
    return Object.values(this.sockets).every(({ isBound }) => isBound)
  }

  /** Nobody is asked for its key again while its connection stands: all are cut, and who may comes back. */
  cutApplications(): void {
    for (const socket of ['inference', 'management'] as const) void this.reopen(socket)
  }

  private async reopen(socket: ClusterSocket): Promise<void> {
    const { log } = this.parts.options
    let waited = false
    await this.sockets[socket].reopen((error) => {
      waited = true
      log('warn', { socket, err: error }, 'a socket is not open: another program has taken its place since a key was revoked. End that one')
    })
    if (waited && this.sockets[socket].isBound) log('info', { socket }, 'the socket is open again')
  }

  private socket(name: ClusterSocket, onRecord: OnRecord, onDisconnect: (peer: Peer) => void, beforeSend?: () => void): Socket {
    const { options, clock, counters, greeter, hosts } = this.parts
    const { limits, curve } = options
    const domain = name === 'inference' || name === 'management' ? HOST_DOMAIN : CONTAINER_DOMAIN
    return new RouterLink<PeerState>(
      {
        onRecord,
        beforeMessage: clock.begin,
        afterMessage: clock.end,
        onDisconnect: (peer) => {
          // The only trace of a frame beyond every limit: ZeroMQ closes the connection that it came over.
          counters.add('connections_closed_total')
          greeter.forget(peer)
          onDisconnect(peer)
        },
        onDrop: (peer, reason, first, error) => this.onDrop(name, peer, reason, first, error),
        onGap: (peer, missing) => this.onGap(peer, missing),
        onAck: (peer, sequence) => {
          if (peer.state?.role === 'host') hosts.onAck(peer, peer.state, sequence)
        },
        onHandshakeFailed: () => counters.add('handshakes_without_curve_total'),
        ...(beforeSend ? { beforeSend } : {}),
      },
      { maxBodyBytes: limits.max_body_bytes, maxHeaderBytes: limits.max_header_bytes },
      curve ? { secretKey: curve.secretKey, domain } : undefined,
    )
  }

  private onGap(peer: Peer, missing: number): void {
    const { counters, hosts, containers } = this.parts
    counters.add('records_missing_total', missing)
    if (peer.state?.role === 'host') hosts.onGap(peer, peer.state)
    else if (peer.state) containers.onGap(peer, peer.state)
    else peer.accounted()
  }

  private onDrop(socket: ClusterSocket, peer: Peer, reason: DropReason | 'handler', first: boolean, error: unknown): void {
    const { counters, greeter } = this.parts
    counters.add(`messages_dropped_${reason.replaceAll('-', '_')}_total`)
    if (!first) return
    const who = peer.state?.role === 'host' ? `session ${peer.state.number}` : (peer.state?.suffixName ?? 'a peer without hello')
    const detail = error instanceof Error ? { error: error.stack } : {}
    this.dropLines.warn({ socket, who, reason, ...detail }, 'message dropped; further ones of this peer are only counted')
    if (reason === 'other-version') greeter.refuse(peer, refusal('this manager speaks another major version of the protocol'))
  }
}
