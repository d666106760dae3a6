import { z } from 'zod'
import { strictConfig } from './invalid-input'
import { InferenceName } from './names'

const milliseconds = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
const path = z.string().min(1).max(4096)
const tag = z.string().min(1).max(256)
const strings = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

/** `Main`, or None as `null` or the text `None`. */
const Endpoint = z.union([z.literal('Main'), z.literal('None'), z.null()])

/** A script and a model that a container uses for one inference name. Seed, chapter 7, table 9. */
export const InferenceModulesConfig = strictConfig({
  /** A further inference name that the container serves; `''` is the container's own name. */
  sub_inference_name: z.union([z.literal(''), InferenceName]),
  script_tag: tag.nullable().optional(),
  model_tag: tag.nullable().optional(),
  /** File name or names below `script_path`. */
  script: strings.nullable().optional(),
  model: strings.nullable().optional(),
})
export type InferenceModulesConfig = z.infer<typeof InferenceModulesConfig>

/** A file or folder to copy into the container. */
export const CopyEntry = strictConfig({
  /** Where it goes. On a `local` board: relative to the container's folder. */
  To: z.string().min(1).max(4096),
  /** Absolute path on the application's machine. */
  From: path,
})
export type CopyEntry = z.infer<typeof CopyEntry>

/**
 * How an inference is run. Sent in a `load_inference` command and stored as the inference config file.
 *
 * Seed, chapter 7, table 1; the keys from `queue_limit` on are ours.
 */
export const ContainerConfig = strictConfig({
  /** The inference name that applications address. */
  name: InferenceName,
  implementation_type: z.enum(['docker', 'nvidia', 'Loop', 'other']).nullable().optional(),
  input: Endpoint.optional(),
  output: Endpoint.optional(),
  /** ms a request may wait in the queue. */
  send_timeout: z
    .union([milliseconds, z.literal('never')])
    .nullable()
    .optional(),
  /** ms from being sent to a container to its response. */
  wait_queue_timeout: z
    .union([milliseconds, z.literal('never')])
    .nullable()
    .optional(),
  /** Replace what is registered under this name. */
  force_update: z.boolean().optional(),
  /** Requests one container may hold at once: its credits. */
  max_send_num: z.number().int().min(1).max(65_536).nullable().optional(),
  /** Folder, on the application's machine, of scripts and models. */
  script_path: path.nullable().optional(),
  inference_modules: z
    .union([InferenceModulesConfig, z.array(InferenceModulesConfig).max(255)])
    .nullable()
    .optional(),
  image_path: path.nullable().optional(),
  image_filename: path.nullable().optional(),
  image_tag: tag.nullable().optional(),
  /** The program and its arguments: a line that is split like a shell splits words (no shell runs), or a list. */
  run_command: z
    .union([z.string().min(1), z.array(z.string()).min(1)])
    .nullable()
    .optional(),
  run_option: z.string().max(4096).nullable().optional(),
  copy: z
    .union([CopyEntry, z.array(CopyEntry).max(1024)])
    .nullable()
    .optional(),

  /** Requests that may wait in the queue; full is 305 at once. Ours. */
  queue_limit: z.number().int().min(0).max(10_000_000).nullable().optional(),
  /** Bytes that may wait in the queue. Ours. */
  queue_bytes: z
    .number()
    .int()
    .min(0)
    .max(2 ** 40)
    .nullable()
    .optional(),
  /** Further environment of the program. Ours. */
  env: z
    .record(
      z
        .string()
        .regex(/^(?!AICLUSTER_)[A-Za-z_][A-Za-z0-9_]*$/, 'must be an environment variable name that does not begin with AICLUSTER_'),
      z.string(),
    )
    .nullable()
    .optional(),
  /** ms in which the container must connect and be ready. Ours. */
  start_timeout: milliseconds.nullable().optional(),
  /** Whether a container that exits is started again. Ours. */
  restart: z.enum(['always', 'never']).nullable().optional(),
  /** Whether a request whose container goes is handed out once more, instead of 402: it may then run twice. Ours. */
  redeliver: z.boolean().nullable().optional(),
  /** How new containers take the place of old ones in a reload or `force_update`; left out: `kill-then-start`. Ours. */
  replacement: z.enum(['kill-then-start', 'start-then-kill']).nullable().optional(),
})
export type ContainerConfig = z.infer<typeof ContainerConfig>

/** Every key that a container config may have. */
export const CONTAINER_CONFIG_KEYS = Object.keys(ContainerConfig.shape)
