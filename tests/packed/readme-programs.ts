/**
 * The program that stands in a Markdown text as a fenced block right behind `<!-- program: NAME -->`.
 * Throws when it is not there exactly once: a README that lost its program must not pass.
 */
export function extractProgram(markdown: string, name: string): string {
  const marker = `<!-- program: ${name} -->`
  const parts = markdown.split(marker)
  if (parts.length !== 2) throw new Error(`"${marker}" must stand in the text once, it stands there ${parts.length - 1} times`)
  const fence = /^\s*\n```[a-z]*\n([\s\S]*?)\n```(?:\n|$)/.exec(parts[1] as string)
  if (fence === null) throw new Error(`"${marker}" must be followed by a line that opens a fenced block`)
  return `${fence[1]}\n`
}
