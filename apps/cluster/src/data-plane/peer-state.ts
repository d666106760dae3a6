import type { ContainerSession } from './container-session'
import type { HostSession } from './host-session'

/** Who a connection belongs to, from its hello on. */
export type PeerState = HostSession | ContainerSession
