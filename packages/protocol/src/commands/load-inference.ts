import { z } from 'zod'
import { MAX_BOARD_TEXT } from '../messages/board-labels'
import { GivenFiles } from './given-files'

/**
 * Register configs and start their containers. Answered, once every container is ready, by `ContainerHandlerView[]`.
 * The configs are validated by the manager one by one, so that an error can name config, field and value.
 */
export const LoadInferenceCommand = z.strictObject({
  cmd: z.literal('load_inference'),
  container_config: z.array(z.unknown()).min(1).max(256),
  /** `all`, or names and labels of boards: `gpu=orin`, `label:gpu`. */
  coprocessor_name: z.union([z.literal('all'), z.array(z.string().max(MAX_BOARD_TEXT)).min(1).max(1024)]),
  files: GivenFiles.optional(),
})
