import { readFile } from 'node:fs/promises'
import { type AIClusterError, clusterError } from '@aicluster/protocol'
import { LineCounter, parseDocument } from 'yaml'
import { ClusterConfig } from './cluster-config'
import { configError, type PlacedProblem, pathText, problemsOf } from './config-problems'
import { YamlPlaces } from './yaml-places'

/**
 * Read `cluster.yaml` (JSON is YAML too). An empty file is the default configuration.
 *
 * @throws InvalidArgumentError (301) the file is missing or cannot be read; (201) a required key is missing;
 *   (302) it is not YAML, has a key twice, an unknown key or a wrong value. The message has one line for each problem:
 *   file, line, column, key and value
 */
export async function loadClusterFile(path: string): Promise<ClusterConfig> {
  return parseClusterFile(path, await readText(path))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException)
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder, not a file',
}

const unreadable = (path: string, cause: NodeJS.ErrnoException): AIClusterError =>
  clusterError('configFileUnreadable', {
    detail: `${path}: ${REASONS[cause.code ?? ''] ?? cause.message}`,
    details: { file: path, reason: cause.code },
    cause,
  })

/** @param path - what the text is called in messages */
export function parseClusterFile(path: string, text: string): ClusterConfig {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const places = new YamlPlaces(document, lineCounter)
  const broken = [...document.errors, ...document.warnings].map((error): PlacedProblem => {
    const { key, ...place } = places.ofError(error)
    return { ...place, field: key }
  })
  if (broken.length > 0) throw configError(path, broken)
  const input: unknown = document.toJS() ?? {}
  const parsed = ClusterConfig.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = problemsOf(input, parsed.error).map(
    (problem): PlacedProblem => ({
      ...places.of(problem.path, problem.atKey),
      field: pathText(problem.path),
      text: problem.text,
      missing: problem.missing,
    }),
  )
  throw configError(
    path,
    problems.sort((a, b) => a.line - b.line || a.column - b.column),
  )
}
