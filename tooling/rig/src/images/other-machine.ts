import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { RigError } from '../rig-error'
import type { LayerEntry } from './layer'

/** A kind of machine that this one is not: what its images are made of must be given, and nothing of it can be asked here. */
export interface OtherMachine {
  /** As Node calls it. */
  architecture: NodeJS.Architecture
  /** Its Node. */
  node: string
  /** Folder of its C and C++ libraries, such as /usr/aarch64-linux-gnu/lib of Debian's libc6-arm64-cross and libstdc++6-arm64-cross. */
  libraries: string
}

/** What Node and addons are linked with, and their loader. */
const NEEDED = /^(ld-linux.*\.so\.\d+|lib(c|m|dl|rt|pthread|gcc_s|resolv|stdc\+\+)\.so\.\d+)$/

/** Its Node and the libraries, where their loader looks for them. @throws RigError a part is missing */
export function otherMachineFiles({ node, libraries }: OtherMachine): LayerEntry[] {
  const names = existsSync(libraries) ? readdirSync(libraries).filter((name) => NEEDED.test(name)) : []
  if (!names.includes('libc.so.6') || !names.includes('libstdc++.so.6')) throw new RigError(`no C and C++ libraries in ${libraries}`)
  if (!existsSync(node)) throw new RigError(`no Node at ${node}`)
  return [
    { path: 'usr/local/bin/node', from: realpathSync(node), mode: 0o755 },
    ...names.map((name) => ({ path: join('lib', name), from: realpathSync(join(libraries, name)), mode: 0o755 })),
  ]
}
