import { ContainerConfig, InferenceName } from '@aicluster/protocol'
import { z } from 'zod'

/** One container that is registered. */
export const ContainerRecord = z.object({
  instance: z.string(),
  suffix_name: z.string(),
  board: z.string(),
  /** SHA-256 of its token in hex; the token itself lies in the container's own folder. */
  token_sha256: z.string(),
  /** Its CURVE key; the secret one lies in the container's own folder. Missing where it was started without CURVE. */
  public_key: z.string().optional(),
  /** Inference names whose distribution to it is off. */
  distribution_off: z.array(InferenceName),
  /** When it was registered, ISO 8601; missing in files of earlier versions. */
  created: z.string().optional(),
  /** Somebody has stopped it: its program does not run, also after a restart of the manager. */
  stopped: z.boolean().default(false),
})
export type ContainerRecord = z.infer<typeof ContainerRecord>

/** The inference config file: one per inference, named after it. */
export const InferenceRecord = z.object({
  version: z.literal(1),
  /** As it was loaded; `force_update` is never stored. */
  config: ContainerConfig,
  boards: z.array(z.string()),
  containers: z.array(ContainerRecord),
  /** What applications have sent of the config's paths: the tree of each, by its path. Every other path is read on the manager's host. */
  trees: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits')).optional(),
})
export type InferenceRecord = z.infer<typeof InferenceRecord>
