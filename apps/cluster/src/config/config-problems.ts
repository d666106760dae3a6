import { type AIClusterError, clusterError, invalidInput, nearestKey } from '@aicluster/protocol'
import { z } from 'zod'
import { clusterConfigSchema, type JsonSchema, schemasAt } from './config-schema'

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Where it is. */
  path: readonly PropertyKey[]
  /** Whether the key is wrong, not its value: then that is what to point at. */
  atKey: boolean
  /** What is wrong with it, naming key and value. */
  text: string
  /** A required key is missing. */
  missing: boolean
}

type Issue = z.core.$ZodIssue

/** What the schema has found, one problem for every key. */
export const problemsOf = (input: unknown, error: z.ZodError): ConfigProblem[] =>
  error.issues.flatMap((issue) => problemsOfIssue(input, issue))

function problemsOfIssue(input: unknown, issue: Issue): ConfigProblem[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(input, path, key))
  const problem = { path, atKey: false, missing: false }
  const value = valueAt(input, path)
  if (value === null) return [{ ...problem, text: `${pathText(path)} has no value: give it one, or remove the key` }]
  if (value !== undefined && issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const choices = [...new Set(schemasAt(clusterConfigSchema(), path).map((schema) => String(schema.const)))]
    return [{ ...problem, text: `${pathText(path)} is ${JSON.stringify(value)}, it must be ${choices.join(' or ')}` }]
  }
  if (path.length === 0) return [{ ...problem, text: 'the file must hold keys and values, such as "boards:"' }]
  const { code, detail } = wordsOf(input, issue)
  return [{ ...problem, missing: code === 201, text: detail }]
}

/** The words that every refused input gets, wherever it came from. */
function wordsOf(input: unknown, issue: Issue): { code: number; detail: string } {
  const { code, message } = invalidInput(SUBJECT, input, new z.ZodError([issue]))
  return { code, detail: message.slice(message.indexOf(SUBJECT) + SUBJECT.length + ': '.length) }
}

const SUBJECT = 'configuration'

function unknownKey(input: unknown, path: readonly PropertyKey[], key: string): ConfigProblem {
  const full = [...path, key]
  const here = schemasAt(clusterConfigSchema(), path)
  const known = here.flatMap(({ properties }) => Object.keys(properties ?? {}))
  const problem = { path: full, atKey: true, missing: false }
  if (known.includes(key)) {
    // The key of another branch: what chooses the branch is what has to change.
    const branch = branchKeyOf(here)
    const owners = here.filter(({ properties }) => properties?.[key]).map(({ properties }) => String(properties?.[branch]?.const))
    const chosen = (valueAt(input, path) as Record<string, unknown> | undefined)?.[branch] ?? defaultOf(here, branch)
    return {
      ...problem,
      text: `${pathText(full)} belongs to ${branch}: ${owners.join(' or ')}, but ${branch} is ${String(chosen)}: remove one of the two`,
    }
  }
  const near = nearestKey(key, known)
  return {
    ...problem,
    text: `unknown key ${pathText(full)}${near ? `, did you mean ${near}?` : `; known here: ${[...new Set(known)].join(', ')}`}`,
  }
}

/**
 * What is wrong with one entry of `boards` that came by a command: 201 when a key is missing, 302 otherwise.
 * @param input - the whole configuration with it
 */
export function boardEntryError(input: { boards: readonly unknown[] }, error: z.ZodError, index: number): AIClusterError {
  const { name } = (input.boards[index] ?? {}) as { name?: unknown }
  const subject = typeof name === 'string' ? `board ${JSON.stringify(name)}` : 'the board'
  const problems = problemsOf(input, error)
  const texts = problems.map(({ text }) => text.replaceAll(`boards[${index}].`, '').replaceAll(`boards[${index}]`, subject))
  return clusterError(problems[0]?.missing ? 'requiredKeyMissing' : 'invalidParameter', {
    detail: `${subject}: ${texts.join('; ')}`,
    details: { board: name, fields: problems.map(({ path }) => pathText(path.slice(2))) },
  })
}

/** The key whose value chooses among these branches. */
const branchKeyOf = (branches: readonly JsonSchema[]): string =>
  Object.entries(branches[0]?.properties ?? {}).find(([, schema]) => schema.const !== undefined)?.[0] ?? ''

const defaultOf = (branches: readonly JsonSchema[], key: string): unknown =>
  branches.map(({ properties }) => properties?.[key]?.default).find((value) => value !== undefined)

/**
 * One error for everything that is wrong: 201 when the first problem is a missing key, 302 otherwise.
 * @param problems - each with its place in the file, in the order in which they stand there
 */
export function configError(file: string, problems: readonly PlacedProblem[]): AIClusterError {
  const first = problems[0]
  const lines = problems.map(({ line, column, text }) => `${file}:${line}:${column}: ${text}`)
  return clusterError(first?.missing ? 'requiredKeyMissing' : 'invalidParameter', {
    detail: lines.join('\n'),
    details: {
      file,
      problems: problems.map(({ line, column, field, text }) => ({ line, column, ...(field ? { field } : {}), message: text })),
    },
  })
}

/** A problem and where it stands, line and column counted from 1. */
export interface PlacedProblem {
  line: number
  column: number
  /** The key, with those it is below: `listen.pub_port`. Empty: the file as a whole. */
  field: string
  text: string
  missing?: boolean
}

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input)

/** `boards[0].name` */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)), '')
