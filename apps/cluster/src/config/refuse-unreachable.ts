import type { z } from 'zod'
import type { BoardConfig } from './board-config'
import { type ListenConfig, reachesBeyond } from './listen-config'

/** What is wrong with a board over SSH where the manager listens like this; undefined: nothing. */
const unreachableFrom = (listen: ListenConfig): string | undefined =>
  reachesBeyond(listen)
    ? undefined
    : 'must be local, or the manager must listen where containers of other machines reach it: listen: { transport: tcp, host: ADDRESS OF THIS MACHINE }, or 0.0.0.0 for all of its addresses'

/** Boards on other machines need a manager that listens beyond this one. */
export function refuseUnreachable(
  { boards, listen }: { boards: readonly BoardConfig[]; listen: ListenConfig },
  context: z.RefinementCtx,
): void {
  const message = unreachableFrom(listen)
  const first = boards.findIndex(({ driver }) => driver === 'ssh')
  // Once is enough: the cure is the same for all of them.
  if (message !== undefined && first >= 0) context.addIssue({ code: 'custom', path: ['boards', first, 'driver'], message })
}
