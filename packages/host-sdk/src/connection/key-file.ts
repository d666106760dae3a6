import { readFileSync } from 'node:fs'
import { clusterError } from '@aicluster/protocol'
import { type CurveClientKeys, isCurveKey, isHost } from '@aicluster/transport'

/** A set of CURVE keys as it is written in files. */
export interface KeysOnFile {
  server_key: string
  public_key: string
  secret_key: string
}

/** What `aicluster keys add` has made for one application. */
export interface KeyFile {
  address: string
  inferencePort: number
  managementPort: number
  token: string
  /** Left out where the cluster has no CURVE. */
  curve: CurveClientKeys | undefined
}

/**
 * Read an application's key file. No secret of it gets into a message.
 * @throws InvalidArgumentError (301): it cannot be read; (302): it holds something else, naming the key
 */
export function readKeyFile(path: string): KeyFile {
  const { address, ports, token, curve } = contentOf(path)
  const refuse = (key: string, rule: string) => wrong(path, `${key} must be ${rule}`)
  if (typeof address !== 'string' || !isHost(address)) throw refuse('address', 'an address or a host name')
  const port = (name: string): number => {
    const value = (ports as Record<string, unknown> | undefined)?.[name]
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 65_535)
      throw refuse(`ports.${name}`, 'a port from 1 to 65535')
    return value as number
  }
  if (typeof token !== 'string' || token === '') throw refuse('token', 'a text')
  const keys = curve === undefined ? undefined : curveKeysOf(curve)
  if (curve !== undefined && !keys) throw refuse('curve', 'server_key, public_key and secret_key, each 40 characters of Z85')
  return { address, inferencePort: port('inference'), managementPort: port('management'), token, curve: keys }
}

/** @returns undefined when one is missing or no key */
export function curveKeysOf(value: unknown): CurveClientKeys | undefined {
  const { server_key, public_key, secret_key } = (value ?? {}) as Partial<Record<keyof KeysOnFile, unknown>>
  if (!isCurveKey(server_key) || !isCurveKey(public_key) || !isCurveKey(secret_key)) return undefined
  return { serverKey: server_key, publicKey: public_key, secretKey: secret_key }
}

function contentOf(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw clusterError('configFileUnreadable', {
      detail: `key file ${path} cannot be read (${code})`,
      details: { file: path, reason: code },
      cause,
    })
  }
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Record<string, unknown>
  } catch {
    // What the parser says may quote the text.
  }
  throw wrong(path, 'it must be the JSON that "aicluster keys add" has written')
}

const wrong = (path: string, rule: string) =>
  clusterError('invalidParameter', { detail: `key file ${path}: ${rule}`, details: { argument: 'keyFile', value: path } })
