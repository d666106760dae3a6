import { existsSync } from 'node:fs'

const QEMU = '/usr/bin/qemu-aarch64-static'
/** Where Debian puts the C and C++ libraries of arm64. */
export const ARM64_ROOT = '/usr/aarch64-linux-gnu'

const NEEDED: Readonly<Record<string, string>> = {
  [QEMU]: 'qemu-user-static',
  [`${ARM64_ROOT}/lib/libc.so.6`]: 'libc6-arm64-cross',
  [`${ARM64_ROOT}/lib/libstdc++.so.6`]: 'libstdc++6-arm64-cross',
}

/** Why this machine cannot run programs of arm64, and the cure; undefined: it can. */
export function emulationMissing(): string | undefined {
  if (process.platform !== 'linux') return `programs of arm64 are emulated on Linux, this is ${process.platform}`
  if (process.arch === 'arm64') return 'this is arm64: everything that runs here says it'
  const missing = Object.keys(NEEDED).filter((file) => !existsSync(file))
  return missing.length === 0 ? undefined : `no emulation: apt-get install ${missing.map((file) => NEEDED[file]).join(' ')}`
}

/**
 * The words in front of a program's own. No binfmt: so what the program starts has to be given these words too.
 * @param root - folder with the C libraries
 */
export const emulated = (node: string, root = ARM64_ROOT): string[] => [QEMU, '-L', root, node]
