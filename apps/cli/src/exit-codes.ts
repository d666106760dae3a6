/** What the process ends with. Scripts rely on these numbers; docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** The cluster, or the command, failed; the error says why. */
  failed: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** No cluster answers (110), or the connection to it went (111). */
  unreachable: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
