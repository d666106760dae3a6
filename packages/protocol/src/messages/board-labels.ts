import { z } from 'zod'

/** Key of a board's label. */
export const BoardLabelKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'must be 1 to 63 characters of A-Z a-z 0-9 . _ / -, the first a letter or digit')

/** Value of a board's label; may be empty. */
export const BoardLabelValue = z.string().regex(/^[A-Za-z0-9._/-]{0,63}$/, 'must be up to 63 characters of A-Z a-z 0-9 . _ / -')

/** Longest text that names a board or selects some by label. */
export const MAX_BOARD_TEXT = 256

/** Text that selects boards by label: see {@link parseBoardSelector}. */
export const BoardSelectorText = z
  .string()
  .max(MAX_BOARD_TEXT)
  .regex(/^(label:[A-Za-z0-9][A-Za-z0-9._/-]*|[A-Za-z0-9][A-Za-z0-9._/-]*=[A-Za-z0-9._/-]*)$/, 'must be label=value or label:KEY')

/** What a selector of boards by label says. `value` undefined: whatever it is. */
export interface BoardSelector {
  key: string
  value?: string | undefined
}

/**
 * Read `KEY=VALUE` or `label:KEY`, which select boards by their labels. Neither `=` nor `:` can stand in a name.
 *
 * @returns undefined when the text is neither: then it is a name
 */
export function parseBoardSelector(text: string): BoardSelector | undefined {
  if (text.startsWith('label:')) return { key: text.slice('label:'.length) }
  const equals = text.indexOf('=')
  return equals < 0 ? undefined : { key: text.slice(0, equals), value: text.slice(equals + 1) }
}
