import { type CommandInput, clusterError, nearestKey } from '@aicluster/protocol'
import { missing, requireInferenceName, wrongArgument } from '../arguments'

/** Which files `putFile` sends, by their kind. Each an absolute path on the application's machine, or a list. The keys are ours. */
export interface FileInfo {
  /** Programs. */
  script?: string | readonly string[]
  /** Models. */
  model?: string | readonly string[]
  /** Whatever else the program reads. */
  other?: string | readonly string[]
}

const KINDS = ['script', 'model', 'other'] as const

const isPath = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** @throws InvalidArgumentError (100) an argument is missing; (101) a key that is none; (302) a value of another kind */
export function putFileCommand(inferenceName: unknown, fileInfo: unknown): CommandInput<'put_file'> {
  const name = requireInferenceName(inferenceName)
  if (fileInfo === undefined || fileInfo === null) throw missing('fileInfo')
  if (typeof fileInfo !== 'object' || Array.isArray(fileInfo))
    throw wrongArgument('fileInfo', fileInfo, 'an object such as { model: path }')
  const given = Object.entries(fileInfo).filter(([, paths]) => paths !== undefined && paths !== null)
  const wrong = given.find(([key]) => !KINDS.includes(key as never))?.[0]
  if (wrong !== undefined) {
    const near = nearestKey(wrong, KINDS)
    const detail = `fileInfo takes ${KINDS.join(', ')}${near ? `; did you mean ${near}?` : ''}`
    throw clusterError('invalidKey', {
      args: [wrong],
      detail,
      details: { argument: 'fileInfo', key: wrong, ...(near ? { nearest: near } : {}) },
      command: 'put_file',
    })
  }
  if (given.length === 0) throw wrongArgument('fileInfo', fileInfo, `given with at least one of ${KINDS.join(', ')}`)
  for (const [key, paths] of given) {
    if (isPath(paths) || (Array.isArray(paths) && paths.length > 0 && paths.every(isPath))) continue
    throw wrongArgument(`fileInfo.${key}`, paths, 'a path or a list of paths')
  }
  return { cmd: 'put_file', inference_name: name, file_info: Object.fromEntries(given) }
}
