import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { curveKeyPair } from 'zeromq'
import { startWorld, type World, type WorldOptions } from './world'

const PROGRAM = fileURLToPath(new URL('../../apps/cluster/bin/aicluster-manager.mjs', import.meta.url))
const run = promisify(execFile)

/** What an application gets. */
export interface KeyFileContent {
  address: string
  ports: { inference: number; management: number }
  token: string
  curve: { server_key: string; public_key: string; secret_key: string }
}

/** A world whose sockets are encrypted, on loopback. */
export const startCurveWorld = (options: WorldOptions = {}): Promise<World> => {
  const ports = { inference_port: 0, management_port: 0, pub_port: 0, sub_port: 0 }
  return startWorld({ ...options, config: { listen: { transport: 'tcp', curve: true, ...ports }, ...options.config } })
}

/** What `aicluster keys` does. */
export async function keys(world: World, ...words: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [PROGRAM, 'keys', '--state', world.stateFolder, ...words])
  return JSON.parse(stdout) as Record<string, unknown>
}

/** Make a key. @returns its file */
export async function addKey(world: World, name: string, may: 'infer' | 'manage' = 'infer'): Promise<string> {
  const file = join(world.folder, `${name}.key.json`)
  await keys(world, 'add', '--may', may, '--out', file, name)
  return file
}

export const contentOf = (file: string): KeyFileContent => JSON.parse(readFileSync(file, 'utf8')) as KeyFileContent

/** A copy of a key file with something else in it. */
export function changedKey(file: string, change: (content: KeyFileContent) => void): string {
  const content = contentOf(file)
  change(content)
  const copy = `${file}.changed`
  writeFileSync(copy, JSON.stringify(content), { mode: 0o600 })
  return copy
}

/** Another pair than the cluster knows. */
export const foreignPair = (): { public_key: string; secret_key: string } => {
  const { publicKey, secretKey } = curveKeyPair()
  return { public_key: publicKey, secret_key: secretKey }
}
