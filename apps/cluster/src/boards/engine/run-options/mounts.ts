import { isAbsolute, normalize } from 'node:path'
import { OUR_FOLDERS } from '../container-places'
import { commaFields } from './comma-fields'
import { bytesOf, OptionValueError, switchOf } from './option-values'

/** A mount as the Engine's API has it. */
export interface EngineMount {
  Type: 'bind' | 'volume' | 'tmpfs'
  Source: string
  Target: string
  ReadOnly?: boolean
  TmpfsOptions?: { SizeBytes?: number; Mode?: number }
}

/** @throws OptionValueError it is no absolute path, or hides what every container needs */
export function mountTarget(path: string): string {
  if (!isAbsolute(path)) throw new OptionValueError(`must name an absolute path inside the container, not ${JSON.stringify(path)}`)
  const target = normalize(path).replace(/(.)\/$/, '$1')
  const ours = OUR_FOLDERS.find((folder) => target === folder || folder.startsWith(`${target}/`) || target.startsWith(`${folder}/`))
  if (target === '/' || ours !== undefined) throw new OptionValueError(`would hide ${ours ?? 'everything'}, which the container needs`)
  return target
}

/** `--volume SOURCE:TARGET[:OPTIONS]`, or `TARGET` alone for a volume without a name; as the Engine's `Binds` have it. */
export function bindOf(value: string): string {
  const parts = value.split(':')
  const [source, target, options] = parts.length === 1 ? ['', parts[0]] : parts
  if (parts.length > 3 || target === undefined) throw new OptionValueError('must be SOURCE:TARGET[:ro]')
  if (parts.length > 1 && !isAbsolute(source ?? '') && !/^[A-Za-z0-9][A-Za-z0-9_.-]+$/.test(source ?? '')) {
    throw new OptionValueError('must begin with an absolute path on the board, or the name of a volume there')
  }
  const place = mountTarget(target)
  return parts.length === 1 ? place : [source, place, ...(options === undefined ? [] : [options])].join(':')
}

/** `--tmpfs TARGET[:OPTIONS]`. */
export function tmpfsOf(value: string): [string, string] {
  const at = value.indexOf(':')
  return at < 0 ? [mountTarget(value), ''] : [mountTarget(value.slice(0, at)), value.slice(at + 1)]
}

/** `--mount type=bind,source=/data,target=/data,readonly`. */
export function mountOf(value: string): EngineMount {
  const mount: EngineMount = { Type: 'volume', Source: '', Target: '' }
  for (const [name, text = ''] of commaFields(value)) {
    if (name === 'type' && (text === 'bind' || text === 'volume' || text === 'tmpfs')) mount.Type = text
    else if (name === 'source' || name === 'src') mount.Source = text
    else if (name === 'target' || name === 'dst' || name === 'destination') mount.Target = mountTarget(text)
    else if (name === 'readonly' || name === 'ro') mount.ReadOnly = switchOf(text || undefined)
    else if (name === 'tmpfs-size') mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: bytesOf(text) }
    else throw new OptionValueError(`has ${JSON.stringify(name)}, which is not supported: give type, source, target, readonly, tmpfs-size`)
  }
  if (mount.Target === '') throw new OptionValueError('must name a target')
  if (mount.Type === 'bind' && !isAbsolute(mount.Source)) throw new OptionValueError('must name an absolute source on the board')
  return mount
}
