/**
 * A word as a POSIX shell reads it back: whatever is in it, nothing of it is a command, a variable or a pattern.
 *
 * @throws Error for a word with a NUL character, which no program can be given
 */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error(`${JSON.stringify(word.slice(0, 100))} holds a NUL character`)
  return `'${word.replaceAll("'", "'\\''")}'`
}
