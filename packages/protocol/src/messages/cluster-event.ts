import { z } from 'zod'

/** Manager → every host, management link: something happened that nobody asked for. Not answered. */
export const ClusterEvent = z.object({
  /** 114: a running container became disconnected or unsubscribed. */
  code: z.number().int(),
  message: z.string(),
  cmd: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})
export type ClusterEvent = z.infer<typeof ClusterEvent>
