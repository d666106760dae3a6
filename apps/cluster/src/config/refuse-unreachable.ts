import type { z } from 'zod'
import type { BoardConfig } from './board-config'
import { type ListenConfig, reachesBeyond } from './listen-config'

/** Why containers on a board over SSH could not reach the manager, and what to do; undefined: they can. */
export const unreachableBecause = (listen: ListenConfig): string | undefined =>
  reachesBeyond(listen)
    ? undefined
    : 'must be tcp on an address that boards over SSH reach, or their containers cannot connect: { transport: tcp, host: ADDRESS OF THIS MACHINE }, or 0.0.0.0 for all of its addresses'

/** Boards on other machines need a manager that listens beyond this one. */
export function refuseUnreachable(
  { boards, listen }: { boards: readonly BoardConfig[]; listen: ListenConfig },
  context: z.RefinementCtx,
): void {
  const message = unreachableBecause(listen)
  if (message === undefined || !boards.some(({ driver }) => driver === 'ssh')) return
  context.addIssue({ code: 'custom', path: listen.transport === 'tcp' ? ['listen', 'host'] : ['listen'], message })
}
