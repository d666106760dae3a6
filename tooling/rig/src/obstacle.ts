import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SYSTEM_PATH, tryWords } from './run-words'

/** What the rig starts, and the Debian package that brings it. */
const PROGRAMS: Record<string, string> = {
  docker: 'docker.io',
  dockerd: 'docker.io',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  ip: 'iproute2',
  tc: 'iproute2',
  iptables: 'iptables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount',
  losetup: 'mount',
  'mkfs.ext4': 'e2fsprogs',
  bash: 'bash',
  busybox: 'busybox-static',
}

const found = (program: string): boolean => SYSTEM_PATH.split(':').some((folder) => existsSync(join(folder, program)))

/** What keeps this machine from having a rig, and the cure, in one sentence; undefined: nothing does. */
export async function rigObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `boards on one machine need Linux, this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'boards on one machine need root: network namespaces, mounts, Docker Engines'
  const missing = Object.keys(PROGRAMS).filter((program) => !found(program))
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PROGRAMS[program]))]
    return `no ${missing.join(', no ')}: apt-get install ${packages.join(' ')}`
  }
  // A container's root may still not do it.
  const { code, stderr } = await tryWords([
    'unshare',
    '--net',
    '--mount',
    '--uts',
    '--pid',
    '--fork',
    'ip',
    'link',
    'add',
    'type',
    'bridge',
  ])
  return code === 0 ? undefined : `this system does not allow namespaces and bridges: ${stderr.trim()}`
}
