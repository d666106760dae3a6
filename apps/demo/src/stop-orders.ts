import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Somebody wants us to end; the message says who. */
export class StopOrder extends Error {
  constructor(
    message: string,
    /** 128 and a signal's number, as shells count. */
    readonly exitCode: number,
  ) {
    super(message)
  }
}

export interface StopListeners {
  onFirst(order: StopOrder): void
  /** A signal after the first order: its sender is in a hurry. */
  onAgain(): void
}

/** Listen for all that means "stop": a signal, or the end of the process that gave us an IPC channel or reads our output. */
export function listenForStopOrders({ onFirst, onAgain }: StopListeners): void {
  let ordered = false
  const order = (message: string, signal: (typeof SIGNALS)[number]): void => {
    if (ordered) return
    ordered = true
    onFirst(new StopOrder(message, 128 + constants.signals[signal]))
  }
  for (const signal of SIGNALS) process.on(signal, () => (ordered ? onAgain() : order(signal, signal)))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => order('nobody reads the output any more', 'SIGHUP'))
  if (process.connected) process.once('disconnect', () => order('the process that started the demo has ended', 'SIGHUP'))
}
