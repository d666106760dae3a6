import { z } from 'zod'

/** Files that have been sent before the command, which the manager takes instead of reading the path on its own host. Ours. */
export const GivenFiles = z
  .array(
    z.strictObject({
      /** As the command names it. */
      path: z.string().min(1).max(4096),
      /** SHA-256 of the list of what it is: see `get_missing`. */
      tree: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
    }),
  )
  .max(65_536)
export type GivenFiles = z.infer<typeof GivenFiles>
