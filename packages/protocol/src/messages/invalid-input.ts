import { z } from 'zod'
import type { AIClusterError } from '../errors/aicluster-error'
import { clusterError } from '../errors/cluster-errors'

/** Longest rendering of a refused value in a message. */
const MAX_SHOWN = 80
/** Longest key that may be a known one mistyped. */
const MAX_MISTYPED = 128

const show = (value: unknown): string => {
  if (value === undefined) return 'missing'
  let text: string
  try {
    // JSON would call NaN and Infinity null.
    text = typeof value === 'number' || typeof value === 'bigint' ? `${value}` : (JSON.stringify(value) ?? String(value))
  } catch {
    text = String(value)
  }
  const characters = [...text.slice(0, 2 * MAX_SHOWN + 2)]
  return characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join('')}…` : text
}

const at = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input)

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)), '')

/** How many single-character edits lead from `a` to `b`, transpositions counted as one. */
function editDistance(a: string, b: string): number {
  const row = (length: number, first: number) => Array.from({ length: length + 1 }, (_, i) => (i === 0 ? first : first === 0 ? i : 0))
  let beforeLast: number[] = []
  let last = row(b.length, 0)
  for (let i = 1; i <= a.length; i++) {
    const current = row(b.length, i)
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min((last[j] as number) + 1, (current[j - 1] as number) + 1, substitution)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforeLast[j - 2] as number) + 1)
      current[j] = best
    }
    beforeLast = last
    last = current
  }
  return last[b.length] as number
}

/** The known key that somebody most likely meant, if one is near enough to be worth a word. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  // Nobody mistypes so much; comparing takes as long as the key.
  if (key.length > MAX_MISTYPED) return undefined
  const wanted = key.toLowerCase()
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= Math.max(2, Math.floor(key.length / 3)) ? best.candidate : undefined
}

type Issue = z.core.$ZodIssue

const KNOWN_KEYS = 'the known keys are '

/** An object without other keys than these; {@link invalidInput} names the nearest one when somebody mistypes a key. */
export const strictConfig = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `${KNOWN_KEYS}${Object.keys(shape).join(', ')}` : undefined),
  })

const knownKeysOf = (issue: Issue): string[] =>
  issue.message.startsWith(KNOWN_KEYS) ? issue.message.slice(KNOWN_KEYS.length).split(', ') : []

/** The issue that says most: in a union, that of the branch which came furthest. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue
  const deepest = issue.errors
    .flat()
    .map((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] } as Issue))
    .sort((a, b) => b.path.length - a.path.length)[0]
  return deepest && deepest.path.length > issue.path.length ? deepest : issue
}

const literals = (issue: Issue): string[] => {
  if (issue.code === 'invalid_value') return issue.values.map(show)
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap((inner) => (inner.path.length === 0 ? [rule(inner as Issue)] : []))
  return []
}

const withArticle = (type: string): string => {
  if (type === 'null') return type
  const noun = type === 'int' || type === 'number' ? 'integer' : type
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** A limit, as the end of a sentence. Every number of our schemas is an integer: ms, bytes, counts, ports. */
function bound(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const [limit, atLeast] = issue.code === 'too_small' ? [issue.minimum, true] : [issue.maximum, false]
  if (issue.origin === 'number' || issue.origin === 'int') return `must be an integer of ${limit} or ${atLeast ? 'more' : 'less'}`
  if (atLeast && Number(limit) === 1) return 'must not be empty'
  const unit = issue.origin === 'string' ? 'characters' : 'entries'
  return `must have ${limit} ${unit} or ${atLeast ? 'more' : 'less'}`
}

/** What the value must be, as the end of a sentence. */
function rule(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${withArticle(issue.expected)}`
    case 'too_small':
    case 'too_big':
      return bound(issue)
    case 'invalid_value':
      return `must be ${literals(issue).join(' or ')}`
    case 'invalid_key':
      return `its key ${issue.issues[0]?.message ?? 'is not allowed'}`
    case 'invalid_union': {
      const choices = literals(issue).map((text) => text.replace(/^must be /, ''))
      return choices.length > 0 ? `must be ${[...new Set(choices)].join(' or ')}` : issue.message
    }
    default:
      return issue.message
  }
}

/**
 * The error for input that a schema refused: 201 when a required key is missing, 302 otherwise.
 * Its message names field, value, rule and, for an unknown key, the nearest known one.
 *
 * @param subject - what the input is, as the message's first words: `container config "digits"`
 * @param knownKeys - the keys at the root, for the hint, where the schema does not list them itself
 */
export function invalidInput(subject: string, input: unknown, error: z.ZodError, knownKeys: readonly string[] = []): AIClusterError {
  const issue = innermost(error.issues[0] as Issue)
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] as string
    const field = pathText([...issue.path, key])
    const near = nearestKey(key, issue.path.length === 0 && knownKeys.length > 0 ? knownKeys : knownKeysOf(issue))
    return clusterError('invalidParameter', {
      detail: `${subject}: unknown key ${field}${near ? `, did you mean ${near}?` : ''}`,
      details: { field, value: at(input, [...issue.path, key]), ...(near ? { nearest: near } : {}) },
    })
  }
  const field = pathText(issue.path)
  const value = at(input, issue.path)
  if (value === undefined && issue.path.length > 0) {
    return clusterError('requiredKeyMissing', { detail: `${subject}: ${field} is missing`, details: { field } })
  }
  const named = field ? `${subject}: ${field}` : subject
  const sentence = issue.code === 'invalid_key' ? rule(issue) : `it ${rule(issue)}`
  return clusterError('invalidParameter', { detail: `${named} is ${show(value)}, ${sentence}`, details: { field, value } })
}
