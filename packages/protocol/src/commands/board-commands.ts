import { z } from 'zod'
import { BoardSelectorText } from '../messages/board-labels'
import { BoardName } from '../messages/names'

/** `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it. */
const Fingerprint = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint as ssh-keygen -lf prints it: SHA256: and 43 characters')

/**
 * An entry of `boards` in cluster.yaml, with the same keys. Checked by the manager, which alone knows the keys of its configuration;
 * paths are those of its machine.
 */
const BoardEntry = z.record(z.string(), z.unknown())

/**
 * Look at a machine that may become a board: its host key, and, unless that is one that has changed, what it is and has. Changes
 * nothing. An unknown key is no reason not to log in, except with a password: then only the key is told. Ours. Answered by `BoardProbeView`.
 */
export const ProbeBoardCommand = z.strictObject({
  cmd: z.literal('probe_board'),
  board: BoardEntry,
  /** The key that may be shown: log in whatever is known of the host, if it is this one. */
  fingerprint: Fingerprint.optional(),
})

/** Look at boards of the cluster, over connections of their own. Changes nothing. Ours. Answered by `BoardProbeView[]`. */
export const CheckBoardsCommand = z.strictObject({
  cmd: z.literal('check_boards'),
  /** Name or label of boards; left out: every board. */
  coprocessor_name: z.union([z.literal(''), BoardName, BoardSelectorText]).optional(),
})

/**
 * From now on the board's machine may show this host key and no other. Refused with 500 while it shows another one.
 * Ours. Answered by `TrustView`.
 */
export const TrustBoardCommand = z.strictObject({ cmd: z.literal('trust_board'), coprocessor_name: BoardName, fingerprint: Fingerprint })

/** A further board, without a restart of the manager. Ours. Answered by its `CoprocessorView`. */
export const AddBoardCommand = z.strictObject({
  cmd: z.literal('add_board'),
  board: BoardEntry,
  /** Accept this host key for it. Left out: what is known of the host decides. */
  fingerprint: Fingerprint.optional(),
  /** Also write it into the manager's configuration file; otherwise the next manager does not know it. */
  write: z.boolean().default(true),
})

/** A board goes, on which nothing is registered any more: 303. Ours. Answered by `RemoveBoardView`. */
export const RemoveBoardCommand = z.strictObject({
  cmd: z.literal('remove_board'),
  coprocessor_name: BoardName,
  /** Also take it out of the manager's configuration file. */
  write: z.boolean().default(true),
  /** What is registered there is unloaded first, as by `unload_inference` with `force`; its images stay. */
  force: z.boolean().default(false),
})
