/**
 * Whether what a command printed is what its page shows. `…` in a line stands for anything in that line, a line that is only `…` for
 * any lines, none included. How many blanks stand between two words does not matter: tables are as wide as what is in them.
 */
export function isShownAs(expected: readonly string[], printed: string): boolean {
  const pattern = expected.map((line) => (line.trim() === '…' ? '(?:.*\n)*?' : `${lineOf(line)}\n`)).join('')
  return new RegExp(`^${pattern}$`).test(squeezed(printed))
}

const lineOf = (line: string): string => squeezeLine(line).split('…').map(literally).join('.*')

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const squeezeLine = (line: string): string => line.replace(/\s+/g, ' ').trimEnd()

/** Every line closed, blanks squeezed, no empty lines at the end. */
const squeezed = (text: string): string => {
  const lines = text.split('\n').map(squeezeLine)
  while (lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\n`).join('')
}
