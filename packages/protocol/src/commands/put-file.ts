import { z } from 'zod'
import { InferenceName } from '../messages/names'
import { GivenFiles } from './given-files'

const paths = z.union([z.string().min(1).max(4096), z.array(z.string().min(1).max(4096)).min(1).max(1024)])

/** Replace files in the inference's folder on each of its boards, all or none. They count from the container's next start. Answered by `{}`. */
export const PutFileCommand = z.strictObject({
  cmd: z.literal('put_file'),
  inference_name: InferenceName,
  /** Absolute paths on the application's machine. */
  file_info: z.strictObject({ script: paths.optional(), model: paths.optional(), other: paths.optional() }),
  files: GivenFiles.optional(),
})
