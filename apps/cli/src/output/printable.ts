/** Escape sequences of terminals: CSI, OSC (title, links), DCS/SOS/PM/APC, and the two-character ones. */
const ESCAPE_SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[PX^_][^\u001b\n]*(?:\u001b\\)?|\u001b[ -/]*[0-~]/g

/** What changes how other text is shown: C0 but tab and line feed, DEL, C1, line separators, marks and overrides of direction. */
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Text that a container or a file may have made up, fit for a terminal: lines and tabs stay. */
export const printable = (text: string): string => text.replace(ESCAPE_SEQUENCES, '').replace(/\r\n?/g, '\n').replace(CONTROL, '')

/** The same on one line. */
export const printableLine = (text: string): string =>
  printable(text)
    .replace(/[\n\t]+/g, ' ')
    .trim()

/** JSON that says the same to a parser and nothing to a terminal: what {@link printable} drops is escaped. */
export const printableJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? 'null').replace(CONTROL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
