import type { Dealer } from 'zeromq'

/** The options that the transport package gives its sockets, so that both pay for the same things. */
export const FLOOR_OPTIONS = {
  receiveHighWaterMark: 100,
  sendHighWaterMark: 0,
  sendTimeout: 0,
  heartbeatInterval: 500,
  heartbeatTimeout: 1500,
  linger: 500,
} as const

/** Connect; resolves when the connection stands. */
export function connect(socket: Dealer, endpoint: string): Promise<void> {
  return new Promise((resolve) => {
    socket.events.on('handshake', () => resolve())
    socket.connect(endpoint)
  })
}
