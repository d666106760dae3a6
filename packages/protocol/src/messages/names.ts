import { z } from 'zod'
import { MAX_INFERENCE_NAME_BYTES } from '../limits'

/** Names of inferences, boards and keys: they become paths and labels. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Whether `value` is a name as {@link NAME_PATTERN} has it. */
export const isName = (value: unknown): value is string => typeof value === 'string' && NAME_PATTERN.test(value)

/** {@link NAME_PATTERN} in words, for error messages. */
export const NAME_RULE = `1 to ${MAX_INFERENCE_NAME_BYTES} characters of A-Z a-z 0-9 . _ -, the first a letter or digit`

/** The name of an inference. */
export const InferenceName = z.string().regex(NAME_PATTERN, `must be ${NAME_RULE}`)

/** A board may not be called `all`: that word selects every board. */
export const BoardName = z
  .string()
  .regex(NAME_PATTERN, `must be ${NAME_RULE}`)
  .refine((name) => name.toLowerCase() !== 'all', 'must not be "all", which selects every board')
