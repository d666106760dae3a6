const LINES = 5

/** The end of a manager's log, for people: of its JSON lines the message, other lines as they are. */
export function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line !== '')
  if (lines.length === 0) return 'It said nothing.'
  return ['It said last:', ...lines.slice(-LINES).map((line) => `  ${readable(line)}`)].join('\n')
}

function readable(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } }
    return [msg, err?.message].filter(Boolean).join(': ') || line
  } catch {
    return line
  }
}
