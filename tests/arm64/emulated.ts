import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** As the kernel of a board with one Cortex-A72 has it. */
const CPUINFO = `processor\t: 0
BogoMIPS\t: 125.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x1
CPU part\t: 0xd08
CPU revision\t: 3
`

/**
 * A root for {@link emulated} that looks like a board: QEMU shows programs this machine's own `/proc/cpuinfo`, which is of another kind, and
 * onnxruntime ends by SIGSEGV when it reads that. What lies below the root is read instead.
 */
export function emulatedRoot(content: string): string {
  mkdirSync(join(content, 'proc'), { recursive: true })
  writeFileSync(join(content, 'proc/cpuinfo'), CPUINFO)
  return content
}
