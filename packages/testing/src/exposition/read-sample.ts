/** One line with a value. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const ESCAPES: Record<string, string> = { '\\': '\\', '"': '"', n: '\n' }

/** Character by character, as the grammar says; undefined if the line is not a sample. */
export function readSample(line: string): Sample | undefined {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0]
  if (name === undefined) return undefined
  let at = name.length
  const labels: Record<string, string> = {}
  if (line[at] === '{') {
    at++
    while (line[at] !== '}') {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="/.exec(line.slice(at))
      const value = label && readValue(line, at + label[0].length)
      if (!value || label?.[1] === undefined || Object.hasOwn(labels, label[1])) return undefined
      labels[label[1]] = value.text
      at = value.end
      if (line[at] === ',') at++
      else if (line[at] !== '}') return undefined
    }
    at++
  }
  const number = /^ (?:([+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf))|NaN)$/.exec(line.slice(at))
  if (!number) return undefined
  return { name, labels, value: number[1] === undefined ? Number.NaN : Number(number[1].replace('Inf', 'Infinity')) }
}

/** A quoted value from behind its first quote on; `end` is behind the last one. */
function readValue(line: string, from: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = from; at < line.length; at++) {
    const character = line[at] as string
    if (character === '"') return { text, end: at + 1 }
    if (character !== '\\') {
      text += character
      continue
    }
    const escaped = ESCAPES[line[++at] as string]
    if (escaped === undefined) return undefined
    text += escaped
  }
  return undefined
}
