/** Escape sequences of terminals: CSI, OSC (title, links), DCS/SOS/PM/APC, and the two-character ones. Linear in the length of the text. */
const ESCAPE_SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[PX^_][^\u001b\n]*(?:\u001b\\)?|\u001b[ -/]*[0-~]/g

/** What changes how other text is shown: C0 (but tab and line feed), DEL, C1, line separators, marks and overrides of direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Text of an untrusted program, fit for a terminal, a table or a log: lines and tabs stay, everything else that is not printed goes. */
export const stripControl = (text: string): string =>
  text
    .replace(ESCAPE_SEQUENCES, '')
    // A progress bar overwrites its line: each state of it becomes a line.
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL_CHARACTERS, '')

/** Lines and UTF-8 bytes that {@link lastLines} keeps. */
export interface TailLimits {
  lines: number
  bytes: number
}

/** The end of `text`: blank lines left out, at most so many lines and bytes; a line that does not fit whole keeps its end. */
export function lastLines(text: string, limits: TailLimits): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const bytes = Buffer.from(lines.slice(-limits.lines).join('\n'), 'utf8')
  let start = Math.max(0, bytes.length - limits.bytes)
  // 10xxxxxx continues a character that was cut.
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++
  return bytes.toString('utf8', start)
}
